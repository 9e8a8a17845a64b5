/**
 * Requests that two parsers could read in two ways, written byte for byte on real sockets to the gateway before the web
 * application (Guacamole's tunnel classes in a Tomcat): each is refused, or reaches the application in one reading.
 */
import { connect } from "node:net";
import { rmSync } from "node:fs";
import t from "tap";
import { applicationFarms } from "../parts/application-farm.ts";
import type { Farm } from "../parts/farm.ts";
import { signIn, standInPages, tunnelUrl, WebApplication } from "../parts/web-application.ts";

const pages = standInPages();
t.setTimeout(300_000);
t.teardown(() => rmSync(pages, { recursive: true, force: true }));

const withFarm = applicationFarms(t, pages);

/** Long enough for whatever is answered. */
const patience = 20_000;

/** Writes the text, and gives all that is answered until the other side closes, is silent for so long, or said `until`. */
function write(farm: Farm, text: string, silence = 700, until = /^$/): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(farm.gateway.url).port), "127.0.0.1");
    let answer = "";
    socket.setTimeout(silence, () => socket.destroy());
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
      if (until.test(answer)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
    socket.write(text, "latin1");
  });
}

const lines = (...head: string[]): string => `${head.join("\r\n")}\r\n\r\n`;
const statuses = (answer: string): string[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => code ?? "");
const echo = "/guacamole/api/echo";
const host = "Host: desk.example";

t.test("what smuggles a second request past one of two readers is refused, and nothing of it is served", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const hidden = lines("GET /guacamole/api/hidden HTTP/1.1", host);
  const rows: [name: string, text: string][] = [
    [
      "content-length and chunked",
      lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: 4", "Transfer-Encoding: chunked") + `0\r\n\r\n${hidden}`,
    ],
    [
      "chunked and content-length",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: chunked", "Content-Length: 4") + `0\r\n\r\n${hidden}`,
    ],
    ["two content-lengths", lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: 4", "Content-Length: 5") + "abcde"],
    ["a signed content-length", lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: +4") + "abcd"],
    ["a content-length of hexadecimal digits", lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: 0x4") + "abcd"],
    ["a list of content-lengths", lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: 4, 4") + "abcd"],
    [
      "a coding that is not the last",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: chunked, identity") + `0\r\n\r\n${hidden}`,
    ],
    ["an unknown coding", lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: xchunked") + `0\r\n\r\n${hidden}`],
    [
      "a coding with a vertical tab",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: \vchunked") + `0\r\n\r\n${hidden}`,
    ],
    [
      "a space before the colon",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding : chunked") + `0\r\n\r\n${hidden}`,
    ],
    ["a folded header", `POST ${echo} HTTP/1.1\r\n${host}\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ["lines that end in a bare LF", `POST ${echo} HTTP/1.1\n${host}\nContent-Length: 0\n\n${hidden}`],
    ["a bare CR in a header", `GET ${echo} HTTP/1.1\r\n${host}\r\nX-A: b\rX-C: d\r\n\r\n`],
    ["a NUL in a header", `GET ${echo} HTTP/1.1\r\n${host}\r\nX-A: b\0c\r\n\r\n`],
    [
      "a chunk's size with an extension of a bare LF",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: chunked") + `4;a\nxx\r\nabcd\r\n0\r\n\r\n`,
    ],
    [
      "a chunk's size beyond 64 bits",
      lines(`POST ${echo} HTTP/1.1`, host, "Transfer-Encoding: chunked") + "10000000000000004\r\nabcd\r\n0\r\n\r\n",
    ],
    ["no host", lines(`GET ${echo} HTTP/1.1`)],
    ["two hosts", lines(`GET ${echo} HTTP/1.1`, host, "Host: other.example")],
    ["a space in the target", lines("GET /guacamole/api/echo HTTP/1.1 HTTP/1.1", host)],
    ["HTTP/0.9", "GET /guacamole/api/echo\r\n\r\n"],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["CONNECT", lines("CONNECT 127.0.0.1:22 HTTP/1.1", host)],
    ["an absolute target", lines(`GET http://127.0.0.1:8080${echo} HTTP/1.1`, host)],
    ["an absolute target of the tunnel", lines("GET http://desk.example/guacamole/websocket-tunnel HTTP/1.1", host)],
    ["a header of 20 KB", lines(`GET ${echo} HTTP/1.1`, host, `X-A: ${"a".repeat(20_000)}`)],
    ["cookies of 20 KB", lines(`GET ${echo} HTTP/1.1`, host, `Cookie: ${"a=b; ".repeat(4000)}`)],
  ];
  for (const [name, text] of rows) {
    const answer = await write(farm, text);
    t.notOk(
      statuses(answer).some((code) => code.startsWith("2")),
      `${name}: ${statuses(answer).join(" ") || "closed"}`,
    );
    t.notMatch(answer, /hidden/, name);
  }
  t.equal((await fetch(`${farm.gateway.url}/guacamole/`)).status, 200, "and the gateway goes on");
});

t.test("what is odd but has one reading reaches the application in that one", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const close = "Connection: close";
  const one = await write(
    farm,
    lines(`POST ${echo} HTTP/1.1`, host, close, "Transfer-Encoding: chunked", "Trailer: Remote-User") +
      "4\r\nabcd\r\n0\r\nRemote-User: boss\r\n\r\n",
    patience,
  );
  t.same(statuses(one), ["200"]);
  t.notMatch(one, /boss/i, "a trailer does not become a header");
  t.match(one, /\n\n4\b/, "the body is whole");
  for (const more of [[], ["Connection: close, Content-Length, Transfer-Encoding"]]) {
    const inside = lines("GET /guacamole/api/hidden HTTP/1.1", host);
    const body = `${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`;
    const carried = await write(
      farm,
      lines(`GET ${echo} HTTP/1.1`, host, "Transfer-Encoding: chunked", ...more) + body,
      patience,
      /\n\n\d+\b/,
    );
    t.same(statuses(carried), ["200"], "a GET's body is no second request");
    t.match(carried, new RegExp(`\\n\\n${inside.length}\\b`), "and arrives as its body");
  }
  const old = await write(farm, lines(`GET ${echo} HTTP/1.0`, host), patience);
  t.match(old, /^HTTP\/1\.1 200/, "HTTP/1.0 is answered");
  const piped = await write(
    farm,
    lines(`GET ${echo}?a HTTP/1.1`, host) + lines(`GET ${echo}?b HTTP/1.1`, host, close),
    patience,
  );
  t.same(statuses(piped), ["200", "200"], "pipelined requests are answered in turn");
  const cased = await write(farm, lines(`get ${echo} HTTP/1.1`, host), patience);
  t.notOk(statuses(cased).includes("200"), "methods have one spelling");
  const spoofs = [
    "REMOTE_USER",
    "Remote-User",
    "remote_user",
    "X-Forwarded-For",
    "X-FORWARDED-HOST",
    "Forwarded",
    "X-Real-IP",
  ];
  const spoofed = await write(
    farm,
    lines(`GET ${echo} HTTP/1.1`, host, close, ...spoofs.map((name) => `${name}: boss.example`)),
    patience,
  );
  t.notMatch(spoofed, /boss/, "nobody says who or where they are, in any spelling");
  const named = await write(
    farm,
    lines(
      `GET ${echo} HTTP/1.1`,
      host,
      "Connection: close, Guacamole-Token, X-Other",
      "Guacamole-Token: T",
      "X-Other: hop",
    ),
    patience,
  );
  t.notMatch(named, /hop/, "what Connection names stays on its hop");
});

t.test("no upgrade but the tunnel's own passes, whatever it is called and carries", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const url = `${farm.gateway.url}/guacamole`;
  const { token } = await signIn(url, { username: "anna", password: WebApplication.password });
  const { search } = new URL(tunnelUrl(url, token));
  const tunnel = `/guacamole/websocket-tunnel${search}`;
  const key = [
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol: guacamole",
  ];
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket", ...key];
  const typed = "3.key,2.97,1.1;3.key,2.97,1.0;";
  const rows: [name: string, text: string][] = [
    [
      "h2c",
      lines(
        "GET /guacamole/ HTTP/1.1",
        host,
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
      ),
    ],
    [
      "two protocols at once",
      lines(`GET ${tunnel} HTTP/1.1`, host, "Connection: Upgrade", "Upgrade: websocket, h2c", ...key),
    ],
    ["an unknown one", lines(`GET ${tunnel} HTTP/1.1`, host, "Connection: Upgrade", "Upgrade: tcp", ...key)],
    ["with a body", lines(`GET ${tunnel} HTTP/1.1`, host, ...upgrade, `Content-Length: ${typed.length}`) + typed],
    [
      "with a chunked body",
      lines(`GET ${tunnel} HTTP/1.1`, host, ...upgrade, "Transfer-Encoding: chunked") + "0\r\n\r\n",
    ],
    ["by POST", lines(`POST ${tunnel} HTTP/1.1`, host, ...upgrade, "Content-Length: 0")],
    ["in absolute form", lines(`GET http://desk.example${tunnel} HTTP/1.1`, host, ...upgrade)],
    [
      "of another subprotocol",
      lines(`GET ${tunnel} HTTP/1.1`, host, ...upgrade.slice(0, -1), "Sec-WebSocket-Protocol: binary"),
    ],
    ["from another page", lines(`GET ${tunnel} HTTP/1.1`, host, ...upgrade, "Origin: https://evil.example")],
    [
      "of an old draft",
      lines(
        `GET ${tunnel} HTTP/1.1`,
        host,
        "Connection: Upgrade",
        "Upgrade: WebSocket",
        "Sec-WebSocket-Key1: 1",
        "Sec-WebSocket-Key2: 2",
      ),
    ],
  ];
  const trick = (path: string): [string, string] => [path, lines(`GET ${path}${search} HTTP/1.1`, host, ...upgrade)];
  for (const path of [
    "/guacamole/websocket-tunnel;jsessionid=1",
    "/guacamole/%77ebsocket-tunnel",
    "/guacamole/websocket-tunnel%3b",
    "/guacamole/websocket-tunnel%00",
    "/guacamole//websocket-tunnel",
    "//guacamole/websocket-tunnel",
    "/guacamole/./websocket-tunnel",
    "/guacamole/x/../websocket-tunnel",
    "/guacamole/x/%2e%2e/websocket-tunnel",
    "/guacamole/%2e/websocket-tunnel",
    "/guacamole\\websocket-tunnel",
    "/guacamole;a=b/websocket-tunnel",
    "/guacamole/websocket-tunnel/",
    "/Guacamole/websocket-tunnel",
    "/guacamole/WebSocket-Tunnel",
    "/guacamole/api/session",
    "/guacamole/tunnel",
    "/",
  ])
    rows.push(trick(path));
  for (const [name, query] of [
    ["an encoded name", search.replace("token=", "%74oken=")],
    ["a token that comes twice", `${search}&token=other`],
    ["a connection that comes twice", `${search}&GUAC_ID=other`],
    ["a type that does not exist", search.replace("GUAC_TYPE=c", "GUAC_TYPE=x")],
    ["a parameter behind a semicolon", search.replace("&GUAC_TYPE", ";GUAC_TYPE")],
    ["an encoded ampersand in a name", `${search}&a%26token=other`],
  ])
    rows.push([name ?? "", lines(`GET /guacamole/websocket-tunnel${query} HTTP/1.1`, host, ...upgrade)]);
  for (const [name, text] of rows) {
    const answer = await write(farm, text, 400);
    t.notOk(statuses(answer).includes("101"), `${name}: ${statuses(answer).join(" ") || "closed"}`);
  }
  const plain = await write(farm, lines(`GET ${tunnel} HTTP/1.1`, host, ...upgrade), patience, / 101 /);
  t.same(statuses(plain), ["101"], "the plain one does");
  const none = await write(farm, lines(`GET ${tunnel} HTTP/1.1`, host, "Connection: close"), patience);
  t.same(statuses(none), ["426"], "and no upgrade is none");
  await farm.desktop.settled();
  t.equal(farm.desktop.typed(), "", "and X received nothing of all that");
});

t.test("whoever writes a request too slowly is let go, and others are served meanwhile", async (t) => {
  const farm = await withFarm(t, { limits: { requestSeconds: 1 } });
  if (farm === null) return;
  const begun = performance.now();
  const slow = Array.from({ length: 20 }, (_, n) =>
    write(
      farm,
      n % 2 === 0
        ? `GET ${echo} HTTP/1.1\r\nX-A: b`
        : lines(`POST ${echo} HTTP/1.1`, host, "Content-Length: 1000") + "a",
      10_000,
    ),
  );
  t.equal((await fetch(`${farm.gateway.url}/guacamole/`)).status, 200, "served meanwhile");
  for (const answer of await Promise.all(slow)) t.notMatch(answer, / 200 /);
  t.ok(performance.now() - begun < 10_000, `all are gone after ${Math.round(performance.now() - begun)} ms`);
});

t.test("an upload takes as long as it comes on", async (t) => {
  const farm = await withFarm(t, { limits: { requestSeconds: 0.1 } });
  if (farm === null) return;
  const pieces = 80;
  const text = lines(`POST ${echo} HTTP/1.1`, host, "Connection: close", `Content-Length: ${pieces}`);
  const socket = connect(Number(new URL(farm.gateway.url).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.on("error", () => {});
  socket.write(text);
  for (let n = 0; n < pieces && socket.writable; n++) {
    socket.write("x");
    await new Promise((resolve) => setTimeout(resolve, 90));
  }
  await closed;
  t.match(
    answer,
    new RegExp(`^HTTP/1\\.1 200 [^]*\\n\\n${pieces}\\b`),
    "longer than a request without a body may take",
  );
});
