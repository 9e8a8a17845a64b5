/** The quick ways to read and write a socket, on real sockets. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Duplex } from "node:stream";
import t, { type Test } from "tap";
import { readShared } from "./socket-reader.ts";
import { SocketWriter } from "./socket-writer.ts";

/** Two ends of a connection: the one that was accepted, and the other. */
async function pair(t: Test): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const other = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  t.teardown(() => {
    for (const socket of [accepted, other]) socket.destroy();
    server.close();
  });
  for (const socket of [accepted, other]) socket.on("error", () => {});
  return [accepted, other];
}

t.test("accepted sockets are read into one buffer, and pause and end as others do", async (t) => {
  const buffers = new Set<Buffer>();
  for (const text of ["one", "two"]) {
    const [accepted, other] = await pair(t);
    let heard = "";
    let told: () => void = () => {};
    readShared(accepted, (buffer, length) => {
      buffers.add(buffer);
      heard += buffer.toString("latin1", 0, length);
      told();
    });
    const next = (): Promise<void> => new Promise((resolve) => (told = resolve));
    other.write(text);
    await next();
    t.equal(heard, text);
    accepted.pause();
    other.end(" more");
    await once(other, "finish");
    t.equal(heard, text, "nothing is read while it is paused");
    const ended = once(accepted, "end");
    accepted.resume();
    await next();
    t.equal(heard, `${text} more`);
    await ended;
  }
  t.equal(buffers.size, 1, "this Node lets accepted sockets share a buffer");
});

t.test("what is no plain socket is read all the same", async (t) => {
  let heard = "";
  const stream = new Duplex({ read() {}, write() {} });
  readShared(stream as Socket, (buffer, length) => (heard += buffer.toString("latin1", 0, length)));
  stream.push("bytes");
  await once(stream, "data");
  t.equal(heard, "bytes");
});

t.test("what the kernel takes at once never waits; what it does not waits in order", async (t) => {
  const [accepted, other] = await pair(t);
  let taken = 0;
  const writer = new SocketWriter(accepted, () => (taken += 1));
  writer.write(Buffer.from("first"));
  writer.write(Buffer.alloc(0));
  t.equal(writer.waiting, 0);
  t.equal(taken, 1);

  other.pause();
  const block = 1_000_000;
  let blocks = 0;
  while (blocks < 20 || writer.waiting === 0) writer.write(Buffer.alloc(block, 97 + (blocks++ % 26)));
  t.ok(writer.waiting > 0 && writer.waiting <= blocks * block);
  accepted.end("last");

  let length = 0;
  let disorder = 0;
  let tail = "";
  other.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += 997) {
      const place = length + at - 5;
      if (place >= 0 && place < blocks * block && chunk[at] !== 97 + (Math.floor(place / block) % 26)) disorder += 1;
    }
    length += chunk.length;
    tail = (tail + chunk.toString("latin1", Math.max(0, chunk.length - 4))).slice(-4);
  });
  other.resume();
  await once(other, "end");
  t.equal(length, 5 + blocks * block + 4);
  t.equal(disorder, 0);
  t.equal(tail, "last", "what the stream itself writes comes behind");
  t.equal(writer.waiting, 0);
  t.equal(taken, 1 + blocks);
});

t.test("what waits for the kernel is wiped once it was taken, where nobody else has it", async (t) => {
  const [accepted, other] = await pair(t);
  const writer = new SocketWriter(accepted, () => {});
  other.pause();
  while (writer.waiting === 0) writer.write(Buffer.alloc(1_000_000, 97));
  const [own, theirs, copied] = [Buffer.alloc(9, "typed"), Buffer.alloc(9, "typed"), Buffer.alloc(9, "typed")];
  writer.write(own, true);
  writer.write(theirs);
  writer.writeCopy(copied);
  copied.fill("another");
  t.equal(own.toString(), "typedtype", "not before");
  let tail = "";
  other.on("data", (chunk: Buffer) => (tail = (tail + chunk.toString("latin1")).slice(-27)));
  accepted.end();
  other.resume();
  await once(other, "end");
  t.equal(tail, "typedtype".repeat(3), "each arrives as it was");
  t.same(
    [...own],
    Array.from({ length: 9 }, () => 0),
  );
  t.equal(theirs.toString(), "typedtype");
  t.equal(writer.waiting, 0);
});

t.test("a write that fails destroys the socket, and throws nothing", async (t) => {
  const [accepted, other] = await pair(t);
  other.resetAndDestroy();
  const writer = new SocketWriter(accepted, () => {});
  const closed = new Promise((resolve) => accepted.on("close", resolve));
  for (let tries = 0; !accepted.destroyed && tries < 1000; tries++) {
    writer.write(Buffer.from("into the void"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  writer.write(Buffer.from("and after it"));
  t.equal(writer.waiting, 0);
});
