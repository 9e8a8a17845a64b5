import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { instruction, instructionsOf, ViewerClient } from "./viewer-client.ts";

t.test("instructions are read by code points, so that an emoji counts once", (t) => {
  const wire = instruction("name", "a😀é") + instruction("", "ping") + instruction("nop");
  t.equal(wire, "4.name,3.a😀é;0.,4.ping;3.nop;");
  t.same([...instructionsOf(wire)], [["name", "a😀é"], ["", "ping"], ["nop"]]);
  t.end();
});

t.test("what comes in one packet with the answer to the upgrade is not missed", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const said = instruction("", "the-tunnel");
  server.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const answer = [
      "HTTP/1.1 101 Switching Protocols",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Protocol: guacamole",
      `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
    ];
    socket.write(`${answer.join("\r\n")}\r\n\r\n\x81${String.fromCharCode(said.length)}${said}`, "latin1");
    socket.on("data", () => socket.end());
  });
  const viewer = await ViewerClient.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  t.same(await viewer.first(""), ["", "the-tunnel"]);
  await viewer.close();
  await t.rejects(viewer.first("sync"), /ended/, "what never came is not waited for");
});
