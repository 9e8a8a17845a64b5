/**
 * A desktop without a gateway: the least that lets a browser speak to guacd. A WebSocket that shakes hands with guacd
 * and passes whole instructions on, and does nothing else.
 */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { serveCalls } from "../parts/part.ts";
import { eachInstruction } from "../parts/wire.ts";

interface Options {
  readonly guacd: number;
  readonly hostname: string;
  readonly port: string;
}

/** What `connect` answers to the names that guacd asks for in `args`. */
function answer(args: string, { hostname, port }: Options): string {
  const names = args
    .slice(0, -1)
    .split(",")
    .slice(1)
    .map((element) => element.slice(element.indexOf(".") + 1));
  const values: Record<string, string> = { hostname, port };
  const given = names.map((name) => (name.startsWith("VERSION_") ? "VERSION_1_3_0" : (values[name] ?? "")));
  return (
    instruction("size", "1024", "768", "96") +
    instruction("audio") +
    instruction("video") +
    instruction("image", "image/png", "image/jpeg") +
    instruction("connect", ...given)
  );
}

function relay(viewer: WebSocket, options: Options): void {
  const guacd = connect({ host: "127.0.0.1", port: options.guacd, noDelay: true });
  let rest = Buffer.alloc(0);
  let ready = false;
  guacd.write(instruction("select", "vnc"));
  guacd.on("data", (bytes: Buffer) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let from = 0;
    const done = eachInstruction(all, 0, all.length, (opcodeAt, opcodeEnd, end) => {
      if (ready) return;
      const opcode = all.toString("latin1", opcodeAt, opcodeEnd);
      if (opcode === "args") guacd.write(answer(all.toString("utf8", from, end), options));
      ready = opcode === "ready";
      from = end;
      if (ready) viewer.send(instruction("", "session"));
    });
    if (ready && done > from) viewer.send(all.toString("utf8", from, done));
    rest = Buffer.from(all.subarray(done));
  });
  viewer.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    // The client's own pings have no opcode, and are answered here.
    if (text.startsWith("0.")) viewer.send(text);
    else if (ready) guacd.write(data);
  });
  viewer.on("close", () => guacd.destroy());
  viewer.on("error", () => guacd.destroy());
  guacd.on("error", () => viewer.close());
  guacd.on("close", () => viewer.close());
}

serveCalls({
  async start(options: Options) {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
    server.on("connection", (viewer) => relay(viewer, options));
    await once(server, "listening");
    return { plain: (server.address() as AddressInfo).port, tls: 0 };
  },
});
