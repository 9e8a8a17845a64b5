import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.websocket.EndpointConfig;
import javax.websocket.Session;
import javax.websocket.server.ServerContainer;
import javax.websocket.server.ServerEndpointConfig;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.guacamole.GuacamoleException;
import org.apache.guacamole.GuacamoleResourceNotFoundException;
import org.apache.guacamole.GuacamoleSecurityException;
import org.apache.guacamole.GuacamoleUnauthorizedException;
import org.apache.guacamole.net.GuacamoleTunnel;
import org.apache.guacamole.net.InetGuacamoleSocket;
import org.apache.guacamole.net.SimpleGuacamoleTunnel;
import org.apache.guacamole.protocol.ConfiguredGuacamoleSocket;
import org.apache.guacamole.protocol.GuacamoleClientInformation;
import org.apache.guacamole.protocol.GuacamoleConfiguration;
import org.apache.guacamole.servlet.GuacamoleHTTPTunnelServlet;
import org.apache.guacamole.websocket.GuacamoleWebSocketTunnelEndpoint;

/**
 * What the tests put in the place of Guacamole's web application: a Tomcat with the project's own tunnel classes
 * (guacamole-common: WebSocket and HTTP, its parser and its writer), and of REST only what the gateway depends on, with
 * the answers that the web application gives. The web application itself is not in a public package repository.
 *
 * Arguments: guacd's port, the VNC desktop's port and password, the folder of pages. Prints its own port.
 */
public final class WebApplication {
    static final String BASE = "/guacamole";
    /** Where live connections can be joined and shared; connections from user-mapping.xml (`default`) cannot. */
    static final String DATABASE = "postgresql", SHARED = "postgresql-shared";
    /** Password of everybody. */
    static final String PASSWORD = "demo";
    /** Tokens are the web application's: 64 characters of hexadecimal digits, in capitals. */
    static final Map<String, Login> logins = new ConcurrentHashMap<>();
    static final Map<String, Live> live = new ConcurrentHashMap<>();
    static int guacdPort, vncPort;
    static String vncPassword;
    static Path pages;

    /** Live connections that somebody shares, by the key in the link. */
    static final Map<String, String> shares = new ConcurrentHashMap<>();

    /** Somebody who is signed in; `key` is that of the link that was followed, else empty. */
    record Login(String username, String dataSource, List<String> dataSources, String key, List<GuacamoleTunnel> tunnels) {}

    /** guacd's name of a connection, where it was opened, who has it open, and the tunnels of those who came by a link. */
    record Live(String connectionId, String dataSource, String token, List<GuacamoleTunnel> guests) {}

    public static void main(String[] args) throws Exception {
        guacdPort = Integer.parseInt(args[0]);
        vncPort = Integer.parseInt(args[1]);
        vncPassword = args[2];
        pages = Path.of(args[3]);
        Tomcat tomcat = new Tomcat();
        Path folder = Files.createTempDirectory("web-application-");
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext(BASE, folder.toString());
        context.setParentClassLoader(WebApplication.class.getClassLoader());
        context.addServletContainerInitializer(WebApplication::openTunnel, null);
        Tomcat.addServlet(context, "tunnel", new HttpTunnel());
        context.addServletMappingDecoded("/tunnel", "tunnel");
        Tomcat.addServlet(context, "rest", new Rest());
        context.addServletMappingDecoded("/", "rest");
        tomcat.start();
        System.out.println("listening " + tomcat.getConnector().getLocalPort());
        tomcat.getServer().await();
    }

    /** Registers the WebSocket tunnel where the web application has it. */
    static void openTunnel(java.util.Set<Class<?>> classes, javax.servlet.ServletContext context)
            throws javax.servlet.ServletException {
        new org.apache.tomcat.websocket.server.WsSci().onStartup(classes, context);
        var container = (ServerContainer) context.getAttribute(ServerContainer.class.getName());
        try {
            container.addEndpoint(ServerEndpointConfig.Builder.create(WebSocketTunnel.class, "/websocket-tunnel")
                .subprotocols(List.of("guacamole")).build());
        } catch (javax.websocket.DeploymentException error) {
            throw new javax.servlet.ServletException(error);
        }
    }

    public static final class WebSocketTunnel extends GuacamoleWebSocketTunnelEndpoint {
        @Override
        protected GuacamoleTunnel createTunnel(Session session, EndpointConfig config) throws GuacamoleException {
            return connect(session.getRequestParameterMap());
        }
    }

    public static final class HttpTunnel extends GuacamoleHTTPTunnelServlet {
        @Override
        protected GuacamoleTunnel doConnect(HttpServletRequest request) throws GuacamoleException {
            Map<String, List<String>> parameters = new ConcurrentHashMap<>();
            request.getParameterMap().forEach((name, values) -> parameters.put(name, List.of(values)));
            return connect(parameters);
        }
    }

    /**
     * As the web application: connections of a data source by name, live ones only of a database, and what is shared by
     * the key of its link, which is the connection's identifier there.
     */
    static GuacamoleTunnel connect(Map<String, List<String>> parameters) throws GuacamoleException {
        String token = one(parameters, "token", "");
        Login login = logins.get(token);
        if (login == null) throw new GuacamoleUnauthorizedException("Permission denied.");
        String dataSource = one(parameters, "GUAC_DATA_SOURCE", "");
        String id = one(parameters, "GUAC_ID", "");
        if (!login.dataSources().contains(dataSource))
            throw new GuacamoleResourceNotFoundException("Session not associated with authentication provider.");
        GuacamoleConfiguration configuration = new GuacamoleConfiguration();
        Live shared = dataSource.equals(SHARED) && shares.containsKey(id) ? live.get(shares.get(id)) : null;
        if (one(parameters, "GUAC_TYPE", "c").equals("a")) {
            Live joined = live.get(id);
            if (joined == null || !dataSource.equals(DATABASE) || !joined.dataSource().equals(DATABASE))
                throw new GuacamoleResourceNotFoundException("Requested tunnel destination does not exist.");
            configuration.setConnectionID(joined.connectionId());
        } else if (shared != null) {
            configuration.setConnectionID(shared.connectionId());
        } else if (id.equals("desktop") && !dataSource.equals(SHARED)) {
            configuration.setProtocol("vnc");
            configuration.setParameter("hostname", "127.0.0.1");
            configuration.setParameter("port", String.valueOf(vncPort));
            configuration.setParameter("password", vncPassword);
        } else throw new GuacamoleSecurityException("Requested connection is not authorized.");
        GuacamoleClientInformation information = new GuacamoleClientInformation();
        information.setOptimalScreenWidth(Integer.parseInt(one(parameters, "GUAC_WIDTH", "1024")));
        information.setOptimalScreenHeight(Integer.parseInt(one(parameters, "GUAC_HEIGHT", "768")));
        information.getImageMimetypes().addAll(parameters.getOrDefault("GUAC_IMAGE", List.of("image/png")));
        var socket = new ConfiguredGuacamoleSocket(
            new InetGuacamoleSocket("127.0.0.1", guacdPort), configuration, information);
        Live opened = new Live(socket.getConnectionID(), dataSource, token, new CopyOnWriteArrayList<>());
        GuacamoleTunnel tunnel = new SimpleGuacamoleTunnel(socket) {
            @Override
            public void close() throws GuacamoleException {
                super.close();
                live.remove(getUUID().toString());
                // A link is good for as long as the connection that it shares.
                for (GuacamoleTunnel guest : opened.guests()) guest.close();
            }
        };
        live.put(tunnel.getUUID().toString(), opened);
        login.tunnels().add(tunnel);
        if (shared != null) shared.guests().add(tunnel);
        return tunnel;
    }

    static String one(Map<String, List<String>> parameters, String name, String fallback) {
        List<String> values = parameters.get(name);
        return values == null || values.isEmpty() ? fallback : values.get(0);
    }

    /** Sign-in, sign-out, who one is, a tunnel's files, and pages. */
    static final class Rest extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            String path = request.getRequestURI().substring(BASE.length());
            if (path.equals("/api/tokens") && request.getMethod().equals("POST")) signIn(request, response);
            else if (path.startsWith("/api/tokens/") && request.getMethod().equals("DELETE"))
                signOut(path.substring("/api/tokens/".length()), response);
            else if (path.equals("/api/session") && request.getMethod().equals("DELETE"))
                signOut(token(request), response);
            else if (path.equals("/api/session")) response.setStatus(logins.containsKey(token(request)) ? 200 : 403);
            else if (path.matches("/api/session/data/[^/]+/self")) self(request, response);
            else if (path.matches("/api/session/data/[^/]+/connectionGroups/ROOT/tree")) tree(request, response);
            else if (path.matches("/api/session/tunnels/[^/]+/activeConnection/sharingCredentials/[^/]+"))
                share(request, response, path.split("/")[4]);
            else if (path.matches("/api/session/data/[^/]+/activeConnections/[^/]+/sharingCredentials/[^/]+"))
                share(request, response, path.split("/")[6]);
            else if (path.matches("/api/session/tunnels/[^/]+/streams/.+")) file(request, response, path.split("/")[4]);
            else if (path.equals("/api/echo")) echo(request, response);
            else page(path, response);
        }

        void signIn(HttpServletRequest request, HttpServletResponse response) throws IOException {
            String known = request.getParameter("token");
            Login login = known == null ? null : logins.get(known);
            String token = known;
            if (login == null) {
                String header = request.getHeader("REMOTE_USER");
                String username = header != null ? header : request.getParameter("username");
                String key = request.getParameter("key");
                boolean shared = key != null && shares.containsKey(key);
                if (!shared && header == null && !PASSWORD.equals(request.getParameter("password"))) {
                    answer(response, 403, "{\"message\":\"Invalid login\",\"type\":\"INVALID_CREDENTIALS\"}");
                    return;
                }
                token = (UUID.randomUUID() + "" + UUID.randomUUID()).replace("-", "").toUpperCase();
                login = shared ? new Login("", SHARED, List.of(SHARED), key, new CopyOnWriteArrayList<>())
                    : new Login(username, "default", List.of("default", DATABASE), "", new CopyOnWriteArrayList<>());
                logins.put(token, login);
            }
            answer(response, 200, "{\"authToken\":\"" + token + "\",\"username\":\"" + login.username()
                + "\",\"dataSource\":\"" + login.dataSource() + "\",\"availableDataSources\":[\"" + String.join("\",\"", login.dataSources()) + "\"]}");
        }

        void signOut(String token, HttpServletResponse response) throws IOException {
            Login login = logins.remove(token);
            if (login == null) {
                answer(response, 404, "{\"message\":\"No such token.\",\"type\":\"NOT_FOUND\"}");
                return;
            }
            for (GuacamoleTunnel tunnel : login.tunnels()) {
                try {
                    tunnel.close();
                } catch (GuacamoleException error) {
                    // It was closed before.
                }
            }
            response.setStatus(204);
        }

        void self(HttpServletRequest request, HttpServletResponse response) throws IOException {
            Login login = logins.get(token(request));
            if (login == null) answer(response, 403, "{\"message\":\"Permission Denied.\",\"type\":\"PERMISSION_DENIED\"}");
            else answer(response, 200, "{\"username\":\"" + login.username() + "\",\"attributes\":{}}");
        }

        /** What a login may open, as far as the page looks for one thing to open. */
        void tree(HttpServletRequest request, HttpServletResponse response) throws IOException {
            Login login = logins.get(token(request));
            if (login == null) answer(response, 403, "{\"type\":\"PERMISSION_DENIED\"}");
            else answer(response, 200, "{\"name\":\"ROOT\",\"childConnections\":[{\"identifier\":\""
                + (login.key().isEmpty() ? "desktop" : login.key()) + "\",\"name\":\"desktop\"}]}");
        }

        /** A link to a live connection: databases only, and for whoever opened it. */
        void share(HttpServletRequest request, HttpServletResponse response, String tunnel) throws IOException {
            Live known = live.get(tunnel);
            if (known == null || !known.token().equals(token(request)) || !known.dataSource().equals(DATABASE)) {
                answer(response, 404, "{\"type\":\"NOT_FOUND\"}");
                return;
            }
            String key = (UUID.randomUUID() + "").replace("-", "");
            shares.put(key, tunnel);
            answer(response, 200, "{\"expected\":[{\"name\":\"key\",\"type\":\"QUERY_PARAMETER\"}],\"values\":{\"key\":\"" + key + "\"}}");
        }

        void file(HttpServletRequest request, HttpServletResponse response, String tunnel) throws IOException {
            Live known = live.get(tunnel);
            if (known == null || !known.token().equals(token(request))) answer(response, 404, "{}");
            else if (request.getRequestURI().endsWith("/endless")) {
                response.setContentType("application/octet-stream");
                for (;;) {
                    response.getOutputStream().write(new byte[16384]);
                    response.flushBuffer();
                }
            } else answer(response, 200, "\"a file of the desktop's\"");
        }

        /** What arrived: so that a test sees which headers cross. */
        void echo(HttpServletRequest request, HttpServletResponse response) throws IOException {
            StringBuilder text = new StringBuilder(request.getMethod()).append(' ').append(request.getRequestURI()).append('\n');
            for (String name : java.util.Collections.list(request.getHeaderNames()))
                text.append(name).append(": ").append(request.getHeader(name)).append('\n');
            text.append('\n').append(new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8).length());
            response.setContentType("text/plain");
            response.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
        }

        void page(String path, HttpServletResponse response) throws IOException {
            Path file = pages.resolve(path.equals("/") ? "index.html" : path.substring(1)).normalize();
            if (!file.startsWith(pages) || !Files.isRegularFile(file)) {
                response.sendError(404);
                return;
            }
            response.setContentType(path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8");
            Files.copy(file, response.getOutputStream());
        }

        static String token(HttpServletRequest request) {
            String header = request.getHeader("Guacamole-Token");
            String token = header != null ? header : request.getParameter("token");
            return token == null ? "" : token;
        }

        static void answer(HttpServletResponse response, int status, String json) throws IOException {
            response.setStatus(status);
            response.setContentType("application/json");
            response.getOutputStream().write(json.getBytes(StandardCharsets.UTF_8));
        }
    }
}
