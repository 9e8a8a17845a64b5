import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.catalina.startup.Tomcat;

/**
 * Guacamole's own web application in an embedded Tomcat. Arguments: the war, and the folder of its settings
 * (`guacamole.properties`, `user-mapping.xml`). Prints its own port.
 */
public final class War {
    public static void main(String[] args) throws Exception {
        System.setProperty("guacamole.home", args[1]);
        Path folder = Files.createTempDirectory("guacamole-war-");
        Files.createDirectory(folder.resolve("webapps"));
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        var context = tomcat.addWebapp("/guacamole", new File(args[0]).getAbsolutePath());
        context.setParentClassLoader(War.class.getClassLoader());
        tomcat.start();
        if (!context.getState().isAvailable()) throw new IllegalStateException("the war does not start");
        System.out.println("listening " + tomcat.getConnector().getLocalPort());
        tomcat.getServer().await();
    }
}
