/** http-proxy-3 as its documentation shows it for WebSocket. */
import { once } from "node:events";
import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { createProxyServer } from "http-proxy-3";
import { serveCalls } from "../parts/part.ts";

async function listen(server: Server): Promise<number> {
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

serveCalls({
  async start({ front, key, cert }: { front: number; key: string; cert: string }) {
    const proxy = createProxyServer({ target: `http://127.0.0.1:${front}`, ws: true });
    proxy.on("error", () => {});
    const servers = [createHttp(), createHttps({ key, cert })];
    for (const server of servers) server.on("upgrade", (request, socket, head) => proxy.ws(request, socket, head));
    return { plain: await listen(servers[0]), tls: await listen(servers[1]) };
  },
});
