import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { post } from "./post.ts";

/** A receiver that answers every request with these bytes, and does nothing more. */
async function answering(t: Test, bytes: string) {
  const server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const about = { trust: {}, headers: {}, body: "x" };

t.test("an answer that never ends is one, and its connection is not kept", async (t) => {
  const { server, url } = await answering(t, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n");
  const made = once(server, "connection");
  await post({ ...about, url }, { longest: 200 });
  const [socket] = (await made) as [Socket];
  await once(socket, "close");
  t.ok(socket.destroyed);
});

t.test("an answer that is none, as a change of protocol, is a failure: it was waited for without end", async (t) => {
  const { url } = await answering(t, "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
  await t.rejects(post({ ...about, url }, { longest: 2000 }), { message: "the receiver closed the connection" });
});

t.test("an attempt that is given up ends at once", async (t) => {
  const { server, url } = await answering(t, "");
  const cut = new AbortController();
  server.once("connection", () => cut.abort());
  await t.rejects(post({ ...about, url }, { cut: cut.signal }), { name: "AbortError" });
});
