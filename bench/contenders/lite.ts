/** guacamole-lite as its users run it, quiet, on a plain and on a TLS port. */
import { once } from "node:events";
import { createServer as createHttp, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { serveCalls } from "../parts/part.ts";

type Constructor = new (...options: readonly unknown[]) => unknown;
const GuacamoleLite = createRequire(import.meta.url)("guacamole-lite") as Constructor;

async function listen(server: Server): Promise<number> {
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

serveCalls({
  async start({ guacd, key, cert, secret }: { guacd: number; key: string; cert: string; secret: string }) {
    const servers = [createHttp(), createHttps({ key, cert })];
    for (const server of servers)
      // eslint-disable-next-line no-new -- the constructor starts it
      new GuacamoleLite(
        { server },
        { host: "127.0.0.1", port: guacd },
        { crypt: { cypher: "AES-256-CBC", key: secret }, log: { level: "QUIET" }, maxInactivityTime: 0 },
      );
    return { plain: await listen(servers[0]), tls: await listen(servers[1]) };
  },
});
