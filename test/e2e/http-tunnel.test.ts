/**
 * The web application's tunnel over plain HTTP where it is inspected (`webapp.httpTunnel: degrade`): what may be asked
 * of it. A page that falls back to it, is held and is severed: `test/guacamole/visits.ts`.
 */
import t from "tap";
import { agentName } from "../../gateway/core/units.ts";
import { instruction } from "../../gateway/offline/viewer-client.ts";
import { applicationFarms, urlOf } from "../parts/application-farm.ts";
import type { Farm } from "../parts/farm.ts";
import { signIn, tunnelUrl, WebApplication } from "../parts/web-application.ts";

const { password } = WebApplication;
/** Connects as the page does. */
async function connect(farm: Farm, username: string) {
  const { token } = await signIn(urlOf(farm), { username, password });
  const body = new URL(tunnelUrl(urlOf(farm), token)).searchParams;
  const response = await fetch(`${urlOf(farm)}/tunnel?connect`, { method: "POST", body });
  const identifier = await response.text();
  const headers = { "guacamole-tunnel-token": response.headers.get("guacamole-tunnel-token") ?? "" };
  const at = `${urlOf(farm)}/tunnel`;
  return {
    status: response.status,
    headers,
    identifier,
    read: (n = 0, name = identifier) => fetch(`${at}?read:${name}:${n}`, { headers }),
    write: (body: string, name = identifier, more = headers) =>
      fetch(`${at}?write:${name}`, { method: "POST", headers: more, body }),
  };
}

t.test("what is written and read is of one tunnel, in whole instructions", async (t) => {
  const farm = await applicationFarms(t, "")(t, { webapp: { httpTunnel: "degrade" } });
  if (farm === null) return;
  const tunnel = await connect(farm, "anna");
  t.equal(tunnel.status, 200);
  t.match(tunnel.identifier, /^[0-9a-f-]{36}$/);
  t.ok(farm.gateway.store.agent(agentName("default/anna")), "it is judged as any session");
  const [first, second] = await Promise.all([tunnel.read(0), tunnel.read(1)]);
  t.match(await first.text(), /^\d+\..*;0\.;$/s, "a read ends once the next one waits");
  const key = instruction("key", 0x61, 1) + instruction("key", 0x61, 0);
  t.equal((await tunnel.write(key)).status, 200);
  await farm.desktop.received((event) => event.kind === "key" && event.pressed && event.text === "a");
  const other = await connect(farm, "bert");
  t.equal((await tunnel.write(key, other.identifier)).status, 404, "another's name with one's own secret");
  t.equal((await tunnel.write(key, tunnel.identifier, { "guacamole-tunnel-token": "x" })).status, 404);
  const strange = await fetch(`${urlOf(farm)}/tunnel?other`, { method: "POST", headers: tunnel.headers });
  t.equal(strange.status, 404);
  t.equal(farm.desktop.typed(), "a");

  const half = instruction("key", 0x62, 1);
  await tunnel.write(half.slice(0, 6));
  await tunnel.write(half.slice(6));
  t.match(await second.text(), /;5\.error,|^5\.error,/, "half an instruction ends the session, and says so");
  const late = await tunnel.write(half);
  t.equal(late.status, 403);
  t.match(late.headers.get("guacamole-status-code"), /^\d+$/);
  await farm.desktop.settled();
  t.equal(farm.desktop.typed(), "a");

  const guess = new URL(tunnelUrl(urlOf(farm), "0".repeat(64))).searchParams;
  await (await fetch(`${urlOf(farm)}/tunnel?connect`, { method: "POST", body: guess })).text();
  t.equal(farm.gateway.tally.refusals.get("token-invalid"), 1, "an unknown login opens none");
  t.equal(farm.gateway.tally.httpTunnelsDegraded, 3);
});
