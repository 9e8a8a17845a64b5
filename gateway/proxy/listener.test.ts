import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls, type DetailedPeerCertificate } from "node:tls";
import t from "tap";
import { certificate } from "../../test/fixtures/certificate.ts";
import { FakeGuacd } from "../../test/fixtures/fake-guacd.ts";
import { ProxyBench } from "../../test/fixtures/proxy-bench.ts";

/** What comes back for these bytes, until the other side closes. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString()));
  socket.on("error", () => {});
  socket.write(request);
  await once(socket, "close");
  return answer;
}

const upgrade = (target: string, extra = "Sec-WebSocket-Protocol: guacamole\r\n", method = "GET"): string =>
  `${method} ${target} HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`;

t.test("serves its pages with strict headers, and nothing else", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const page = await fetch(`http://127.0.0.1:${bench.port}/`);
  t.equal(page.status, 200);
  t.match(await page.text(), "<title>desk");
  t.match(page.headers.get("content-security-policy"), "default-src 'none'; script-src 'self'");
  t.equal(page.headers.get("x-content-type-options"), "nosniff");
  const unknown = await fetch(`http://127.0.0.1:${bench.port}/etc/passwd`);
  t.equal(unknown.status, 404);
  t.match(await unknown.json(), { error: "path-unknown" });
  t.equal((await fetch(`http://127.0.0.1:${bench.port}/`, { method: "POST" })).status, 405);
  t.equal((await fetch(`http://127.0.0.1:${bench.port}/websocket-tunnel?token=t`)).status, 426);
  t.equal(bench.tally.refusals.get("path-unknown"), 1);
});

t.test("upgrades at one path, in one spelling, with one subprotocol", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const rows: [string, string, RegExp][] = [
    ["a path parameter", upgrade("/websocket-tunnel;jsessionid=1?token=t"), /^HTTP\/1.1 400 .*request-malformed/s],
    ["an encoded path", upgrade("/%77ebsocket-tunnel?token=t"), /^HTTP\/1.1 400 /],
    ["a doubled slash", upgrade("//websocket-tunnel?token=t"), /^HTTP\/1.1 400 /],
    ["a dot", upgrade("/./websocket-tunnel?token=t"), /^HTTP\/1.1 400 /],
    ["a way round", upgrade("/x/../websocket-tunnel?token=t"), /^HTTP\/1.1 400 /],
    ["the absolute form", upgrade("http://desk.example/websocket-tunnel?token=t"), /^HTTP\/1.1 400 /],
    ["an encoded name", upgrade("/websocket-tunnel?%74oken=t"), /^HTTP\/1.1 400 /],
    ["a duplicate name", upgrade("/websocket-tunnel?token=t&token=u"), /^HTTP\/1.1 400 /],
    ["another path", upgrade("/other?token=t"), /^HTTP\/1.1 404 /],
    ["a page", upgrade("/?token=t"), /^HTTP\/1.1 426 /],
    ["no subprotocol", upgrade("/websocket-tunnel?token=t", ""), /^HTTP\/1.1 426 .*upgrade-refused/s],
    [
      "another subprotocol",
      upgrade("/websocket-tunnel?token=t", "Sec-WebSocket-Protocol: binary\r\n"),
      /^HTTP\/1.1 426 /,
    ],
    ["POST", upgrade("/websocket-tunnel?token=t", undefined, "POST"), /^HTTP\/1.1 405 /],
    [
      "a body",
      upgrade("/websocket-tunnel?token=t", "Sec-WebSocket-Protocol: guacamole\r\nContent-Length: 4\r\n") + "abcd",
      /^HTTP\/1.1 400 /,
    ],
    [
      "another page's origin",
      upgrade("/websocket-tunnel?token=t", "Sec-WebSocket-Protocol: guacamole\r\nOrigin: https://evil.example\r\n"),
      /^HTTP\/1.1 403 .*origin-refused/s,
    ],
    ["no version", upgrade("/websocket-tunnel?token=t").replace("Version: 13", "Version: 8"), /^HTTP\/1.1 426 /],
    ["CONNECT", "CONNECT desk.example:443 HTTP/1.1\r\nHost: desk.example\r\n\r\n", /^HTTP\/1.1 405 /],
    ["no HTTP at all", "\x16\x03\x01 hello\r\n\r\n", /^HTTP\/1.1 400 /],
    ["headers without end", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(20_000)}`, /^HTTP\/1.1 400 /],
  ];
  for (const [name, request, answer] of rows) t.match(await exchange(bench.port, request), answer, name);
  t.equal(bench.judge.watches.length, 0);
  t.equal(bench.guacd.users.length, 0);
});

t.test("echoes the subprotocol and declines compression", async (t) => {
  const bench = await ProxyBench.start();
  t.teardown(() => bench.stop());
  const viewer = bench.viewer(undefined, { perMessageDeflate: true, origin: `http://127.0.0.1:${bench.port}` });
  await once(viewer.socket, "open");
  t.equal(viewer.socket.protocol, "guacamole");
  t.equal(viewer.socket.extensions, "");
});

t.test("headers that come too slowly are cut off", async (t) => {
  const bench = await ProxyBench.start({ timeouts: { headers: 1, request: 1 } });
  t.teardown(() => bench.stop());
  t.match(await exchange(bench.port, "GET / HTTP/1.1\r\nHo"), /^HTTP\/1.1 408 .*request-timeout/s);
});

t.test("connections are counted from one address and in all", async (t) => {
  const bench = await ProxyBench.start({ limits: { connectionsPerAddress: 2 } });
  t.teardown(() => bench.stop());
  const first = await bench.session();
  await bench.session();
  t.match(await exchange(bench.port, ""), /^HTTP\/1.1 429 .*too-many-connections/s);
  first.viewer.socket.close();
  await first.viewer.closed;
  await bench.session();
  t.equal(bench.tally.connectionsOpen, 2);
});

t.test("a certificate is replaced without touching a session", async (t) => {
  const first = certificate("first.example");
  const second = certificate("second.example");
  const listen = { host: "127.0.0.1", port: 0, origins: [] };
  const bench = await ProxyBench.start({ options: { listen: { ...listen, tls: first } } });
  t.teardown(() => bench.stop());
  const subject = async (): Promise<string> => {
    const socket = connectTls({ port: bench.port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { CN } = (socket.getPeerCertificate() as DetailedPeerCertificate).subject;
    socket.destroy();
    return String(CN);
  };
  const next = bench.guacd.next();
  const viewer = bench.viewer(undefined, { rejectUnauthorized: false }, "wss");
  const user = await next;
  await viewer.saw("0.,36.");
  t.equal(await subject(), "first.example");
  bench.proxy.reload({ ...bench.options, listen: { ...listen, tls: second } });
  t.equal(await subject(), "second.example");
  viewer.send("3.key,2.65,1.1;");
  await user.saw("3.key,2.65,1.1;");
  user.send(`4.sync,1.1;${"3.nop;".repeat(100_000)}4.sync,1.2;`);
  await viewer.saw("4.sync,1.2;");
  t.equal(viewer.socket.readyState, 1);
});

t.test("speaks TLS with guacd, and only with the one whose certificate it trusts", async (t) => {
  const guacdPair = certificate("guacd.example");
  const guacd = await FakeGuacd.start(guacdPair);
  const at = { host: "127.0.0.1", port: guacd.port };
  const trusted = { ...at, tls: { ca: guacdPair.cert, servername: "guacd.example" } };
  const bench = await ProxyBench.start({ options: { guacd: [trusted] } });
  t.teardown(async () => {
    await bench.stop();
    await guacd.stop();
  });
  const next = guacd.next();
  const viewer = bench.viewer();
  const user = await next;
  await viewer.saw("0.,36.");
  const display = `${"4.blob,1.1,4.AAAA;".repeat(200_000)}4.sync,1.7;`;
  viewer.socket.pause();
  user.send(display);
  setTimeout(() => viewer.socket.resume(), 200);
  await viewer.saw("4.sync,1.7;");
  t.ok(viewer.text.endsWith(display), "the display arrives whole, the viewer pausing");
  // Written one behind the other, none of which TLS takes within its call: each must arrive as it was.
  const moves = Array.from({ length: 200 }, (_, x) => `5.mouse,3.${x + 100},3.100,1.0;`);
  for (const move of moves) viewer.send(move);
  await user.saw(moves.join(""));

  const strangers = { ...at, tls: { ca: certificate("other.example").cert, servername: "guacd.example" } };
  bench.proxy.reload({ ...bench.options, guacd: [strangers] });
  const refused = bench.viewer();
  t.equal((await refused.closed).reason, String(0x0207));
});
