/** A guacamole-lite server whose sessions Samehand guards. Run: node examples/guacamole-lite.js, with KEY of 32 characters. */
import http from "node:http";
import GuacamoleLite from "guacamole-lite";
import { guard } from "samehand";

const server = http.createServer((_request, response) => response.end("tokens open desktops at this address\n"));
const guacamole = new GuacamoleLite(
  { server },
  { host: "127.0.0.1", port: Number(process.env.GUACD_PORT ?? 4822) },
  { crypt: { cypher: "AES-256-CBC", key: process.env.KEY }, log: { level: "ERRORS" } },
);
await guard(guacamole, {
  config: process.env.SAMEHAND_CONFIG ?? { mode: "report", metrics: { port: 0 }, admin: { port: 0 } },
  agentField: "connection.settings.username",
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => console.log(`listening ${server.address().port}`));
process.on("SIGTERM", () => server.close());
