import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import type { Handshake } from "../protocol/guacamole/handshake.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import type { TargetOwner } from "./target.ts";
import { Upstream } from "./upstream.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const sessions = 40;
const picture = say.instruction("blob", "1", "QUJD".repeat(2000)).repeat(20) + say.instruction("sync", "1");
const nop = say.instruction("nop");

/** Bytes in buffers, once what the server's side read into is gone: V8 sweeps behind the collection. */
async function settled(): Promise<number> {
  for (let last = -1; ;) {
    collect();
    await new Promise(setImmediate);
    const bytes = process.memoryUsage().arrayBuffers;
    if (bytes === last) return bytes;
    last = bytes;
  }
}

/** Takes guacd's first byte for the whole handshake. */
function shaken(): Handshake {
  const handshake = {
    connectionId: "",
    start: () => "hello",
    receive: (_buffer: Uint8Array, _start: number, end: number) => {
      handshake.connectionId = "$shaken";
      return end;
    },
  };
  return handshake as unknown as Handshake;
}

t.test("a burst's buffers are given back at once, and nothing of the display is lost", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.once("data", () => socket.write("r"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let shown = 0;
  let ready = 0;
  const owner = {
    ready: () => ready++,
    display(frame: Uint8Array, from: number) {
      shown += frame.length - from;
      return true;
    },
    flushed() {},
    lost() {},
  } as unknown as TargetOwner;
  const upstreams = Array.from(
    { length: sessions },
    () => new Upstream({ host: "127.0.0.1", port, tls: null }, shaken(), owner),
  );
  const turns = async (enough: () => boolean): Promise<void> => {
    while (!enough()) await new Promise(setImmediate);
  };
  await turns(() => ready === sessions && sockets.length === sessions);
  const before = await settled();

  // How much one read brings is the kernel's to say: pictures come until the buffers have grown.
  let pictures = 0;
  let busy = 0;
  while (busy <= sessions * 100_000 && pictures < 50) {
    pictures++;
    for (const socket of sockets) socket.write(picture);
    await turns(() => shown === sessions * pictures * picture.length);
    busy = Math.max(busy, process.memoryUsage().arrayBuffers - before);
  }
  // Seconds pass; with guacd's next word the socket asks for a buffer anew.
  for (let second = 0; second < 20; second++) for (const upstream of upstreams) upstream.trim();
  for (const socket of sockets) socket.write(nop);
  await turns(() => shown === sessions * (pictures * picture.length + nop.length));
  for (const upstream of upstreams) upstream.trim();
  const left = process.memoryUsage().arrayBuffers - before;
  t.ok(busy > sessions * 100_000, `large while busy: ${busy}`);
  t.ok(left < sessions * 8000, `small again: ${left}`);

  for (const upstream of upstreams) upstream.end("", true);
  for (const socket of sockets) socket.destroy();
  server.close();
});
