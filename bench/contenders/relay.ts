/** A plain relay from ws to ws, as a first version of a gateway is written. */
import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { serveCalls } from "../parts/part.ts";

async function listen(server: Server): Promise<number> {
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function relay(viewer: WebSocket, request: IncomingMessage, front: number): void {
  const target = new WebSocket(`ws://127.0.0.1:${front}${request.url ?? "/"}`, "guacamole", {
    perMessageDeflate: false,
  });
  const early: [Buffer, boolean][] = [];
  viewer.on("message", (data: Buffer, binary) => {
    if (target.readyState === WebSocket.OPEN) target.send(data, { binary });
    else early.push([data, binary]);
  });
  target.on("open", () => {
    for (const [data, binary] of early) target.send(data, { binary });
  });
  target.on("message", (data: Buffer, binary) => viewer.send(data, { binary }));
  viewer.on("close", () => target.terminate());
  target.on("close", () => viewer.terminate());
  viewer.on("error", () => target.terminate());
  target.on("error", () => viewer.terminate());
}

serveCalls({
  async start({ front, key, cert }: { front: number; key: string; cert: string }) {
    const servers = [createHttp(), createHttps({ key, cert })];
    for (const server of servers)
      new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (viewer, request) =>
        relay(viewer, request, front),
      );
    return { plain: await listen(servers[0]), tls: await listen(servers[1]) };
  },
});
