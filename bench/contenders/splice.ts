/**
 * The floor in Node: bytes from socket to socket through one fixed buffer a direction, the source paused while a
 * write is under way. Understands nothing.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { serveCalls } from "../parts/part.ts";

const size = Number(process.env.SPLICE_BUFFER ?? 65_536);

/** The callback of a socket's fixed read buffer that passes on to `target()`. */
function passOn(buffer: Buffer, source: () => Socket, target: () => Socket): (read: number) => boolean {
  let paused = false;
  const written = (): void => {
    if (!paused) return;
    paused = false;
    source().resume();
  };
  return (read) => {
    target().write(buffer.subarray(0, read), written);
    // The kernel took all at once when nothing is left to write: the buffer is free again.
    paused = target().writableLength > 0;
    return !paused;
  };
}

serveCalls({
  async start({ front }: { front: number }) {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
      // A server's socket takes no fixed buffer, so the small input direction goes through plain events.
      const buffer = Buffer.allocUnsafeSlow(size);
      const target: Socket = connect({
        port: front,
        host: "127.0.0.1",
        noDelay: true,
        onread: {
          buffer,
          callback: passOn(
            buffer,
            () => target,
            () => accepted,
          ),
        },
      });
      accepted.on("data", (bytes: Buffer) => {
        if (!target.write(bytes)) accepted.pause();
      });
      target.on("drain", () => accepted.resume());
      target.on("connect", () => accepted.resume());
      for (const [one, other] of [
        [accepted, target],
        [target, accepted],
      ]) {
        one.on("error", () => {});
        one.on("close", () => other.destroy());
        one.on("end", () => other.end());
      }
    });
    server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
    await once(server, "listening");
    return { plain: (server.address() as AddressInfo).port, tls: 0 };
  },
});
