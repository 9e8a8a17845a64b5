/** Applications that fail, are several, or are not whom their certificate says, behind a real proxy on real sockets. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import t, { type Test } from "tap";
import { WebSocket as Client } from "ws";
import { certificate } from "../../../test/fixtures/certificate.ts";
import { ProxyBench } from "../../../test/fixtures/proxy-bench.ts";
import { webApplicationOptions } from "../../../test/fixtures/web-application-options.ts";
import { silentLog } from "../../core/log.ts";
import { Tally } from "../../core/tally.ts";
import { Applications } from "./applications.ts";
import type { WebApplicationOptions } from "./options.ts";

interface Application {
  readonly server: Server;
  readonly port: number;
}

async function application(t: Test, serve: RequestListener, tls?: { cert: string; key: string }): Promise<Application> {
  const server = tls === undefined ? createServer(serve) : (createHttpsServer(tls, serve) as unknown as Server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function inFront(t: Test, upstreams: readonly string[], more: Partial<WebApplicationOptions> = {}) {
  const bench = await ProxyBench.start({ options: { webapp: webApplicationOptions(upstreams, more) } });
  t.teardown(() => bench.stop());
  const url = `http://127.0.0.1:${bench.port}/guacamole`;
  const ask = (path: string, address = "192.0.2.1", init: { method?: string; body?: string; token?: string } = {}) => {
    const { token = "", ...rest } = init;
    return fetch(`${url}${path}`, { ...rest, headers: { "x-forwarded-for": address, "guacamole-token": token } });
  };
  return { bench, ask };
}

t.test("an application that fails in the middle takes down its own answer, and nothing else", async (t) => {
  const { port } = await application(t, (request, response) => {
    if (request.url === "/guacamole/half") {
      response.writeHead(200, { "content-length": 1000 });
      response.write("half", () => response.socket?.destroy());
    } else if (request.url === "/guacamole/none") request.socket.destroy();
    else if (request.url === "/guacamole/never") request.resume();
    else if (request.url === "/guacamole/garbage") request.socket.end("HTTP/9 what\r\n\r\n");
    else if (request.url === "/guacamole/odd") request.socket.end("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n");
    else if (request.url?.includes("sharingCredentials") === true)
      request.socket.end("HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n");
    else if (request.url === "/guacamole/api/tokens") {
      response.writeHead(200, { "content-length": 1000 });
      response.write('{"authToken":', () => response.socket?.destroy());
    } else response.end("well");
  });
  const { bench, ask } = await inFront(t, [`http://127.0.0.1:${port}`], { timeout: 0.3 });
  const half = await ask("/half");
  t.equal(half.status, 200);
  await t.rejects(half.text(), "what was promised does not come, and the page is told so");
  t.equal((await ask("/none")).status, 502);
  t.equal((await ask("/garbage")).status, 502);
  t.equal((await ask("/odd")).status, 502, "a status that is none");
  const link = "/api/session/tunnels/0b9a8f6e-0000-4000-8000-000000000001/activeConnection/sharingCredentials/1";
  t.equal((await ask(link)).status, 502);
  t.equal((await ask("/never")).status, 504, "nor does anybody wait for ever");
  const signIn = await ask("/api/tokens", "192.0.2.1", { method: "POST", body: "username=a" });
  t.equal(signIn.status, 502, "half a sign-in is none");
  t.equal(bench.tally.signInsLearned, 0);
  t.equal(await (await ask("/")).text(), "well");
});

t.test("what a request carries stays its body, whatever the method and however its length is told", async (t) => {
  const seen: string[] = [];
  const { port } = await application(t, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${Buffer.concat(pieces).toString()}`);
      response.end();
    });
  });
  const { bench } = await inFront(t, [`http://127.0.0.1:${port}`]);
  const hidden = "GET /guacamole/hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
  const framings: [headers: string, body: string][] = [
    ["Connection: close\r\nTransfer-Encoding: chunked", chunked],
    [`Connection: close\r\nContent-Length: ${hidden.length}`, hidden],
    [`Connection: close, Content-Length\r\nContent-Length: ${hidden.length}`, hidden],
    ["Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked", chunked],
  ];
  const methods = ["GET", "DELETE", "OPTIONS", "POST", "PATCH"];
  for (const method of methods)
    for (const [headers, body] of framings) {
      const socket = connect(bench.port, "127.0.0.1");
      socket.end(`${method} /guacamole/shown HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`);
      socket.resume();
      await once(socket, "close");
    }
  t.same(
    seen,
    methods.flatMap((method) => framings.map(() => `${method} /guacamole/shown ${hidden}`)),
    "one request each, and never the one inside",
  );
});

t.test("of several each address has one; who fails is left at once, and the others keep theirs", async (t) => {
  const named =
    (name: string): RequestListener =>
    (request, response) => {
      if (request.url !== "/guacamole/api/tokens") response.end(name);
      else response.end(JSON.stringify({ authToken: `token-of-${name}`, username: "anna", dataSource: "default" }));
    };
  const applications = [
    await application(t, named("a")),
    await application(t, named("b")),
    await application(t, named("c")),
  ];
  const upstreams = applications.map(({ port }) => `http://127.0.0.1:${port}`);
  const { ask } = await inFront(t, upstreams);
  const addresses = Array.from({ length: 30 }, (_, n) => `192.0.2.${n + 1}`);
  const where = async (): Promise<string[]> =>
    Promise.all(addresses.map(async (address) => (await ask("/", address)).text()));
  const before = await where();
  t.same(new Set(before), new Set(["a", "b", "c"]), "all are used");
  t.same(await where(), before);
  const signIn = await ask("/api/tokens", addresses[0], { method: "POST", body: "username=anna" });
  const { authToken } = (await signIn.json()) as { authToken: string };
  t.equal(authToken, `token-of-${before[0]}`);
  const other = addresses[before.findIndex((name) => name !== before[0])];
  const known = await ask("/", other, { token: authToken });
  t.equal(await known.text(), before[0], "a login stays with the one that made it, from wherever it comes");

  applications[1].server.closeAllConnections();
  applications[1].server.close();
  const ofTheLost = addresses[before.indexOf("b")];
  await ask("/", ofTheLost);
  const after = await where();
  t.notOk(after.includes("b"), "nobody is sent to one that is not there");
  t.same(
    after.filter((_, n) => before[n] !== "b"),
    before.filter((name) => name !== "b"),
    "and nobody else is moved",
  );
});

t.test("an application whose certificate is another's, or of nobody known, is not spoken to", async (t) => {
  const good = certificate("localhost");
  const serve: RequestListener = (request, response) => void response.end(`host ${request.headers.host}`);
  const { port } = await application(t, serve, good);
  const origin = `https://localhost:${port}`;
  const trusted = await inFront(t, [origin], { ca: good.cert });
  const answer = await trusted.ask("/", "192.0.2.1");
  t.match(
    await answer.text(),
    /^host 127\.0\.0\.1:/,
    "the viewer's Host crosses, and is not whom the certificate must name",
  );
  const unknown = await inFront(t, [origin]);
  t.equal((await unknown.ask("/")).status, 502, "an authority that is not known");
  const byAddress = await inFront(t, [`https://127.0.0.1:${port}`], { ca: good.cert });
  t.equal((await byAddress.ask("/")).status, 502, "a name that is not in it");
  const query = "token=T&GUAC_DATA_SOURCE=default&GUAC_ID=desktop&GUAC_TYPE=c";
  const { bench } = unknown;
  const viewer = new WebSocket(`ws://127.0.0.1:${bench.port}/guacamole/websocket-tunnel?${query}`, "guacamole");
  await once(viewer, "close");
  t.equal(bench.tally.refusals.get("upstream-unreachable"), 2, "nor is a tunnel opened there");
});

t.test("a token that is not known is asked for in the name of the address that brought it", async (t) => {
  const asked = Promise.withResolvers<string | string[] | undefined>();
  const { port } = await application(t, (request, response) => {
    if (request.method === "POST") asked.resolve(request.headers["x-forwarded-for"]);
    response.writeHead(403).end();
  });
  const { bench } = await inFront(t, [`http://127.0.0.1:${port}`]);
  const query = "token=T&GUAC_DATA_SOURCE=default&GUAC_ID=desktop&GUAC_TYPE=c";
  const viewer = new Client(`ws://127.0.0.1:${bench.port}/guacamole/websocket-tunnel?${query}`, "guacamole", {
    headers: { "x-forwarded-for": "192.0.2.77" },
  });
  t.equal(await asked.promise, "192.0.2.77");
  await once(viewer, "close");
});

t.test("an application that is checked is marked, and is taken again once it answers", async (t) => {
  let status = 500;
  const { port } = await application(t, (_, response) => response.writeHead(status).end());
  const tally = new Tally();
  const applications = new Applications(webApplicationOptions([`http://127.0.0.1:${port}`]), tally, silentLog);
  t.teardown(() => applications.close());
  await applications.check();
  t.equal(applications.well, 0);
  t.equal(tally.upstreamsLost, 1);
  t.throws(() => applications.choose("192.0.2.1"), { code: "upstream-unreachable" });
  status = 200;
  await applications.check();
  t.equal(applications.well, 1);
  t.equal(tally.upstreamsLost, 0);
});
