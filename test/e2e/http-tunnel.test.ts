/**
 * The web application's tunnel over plain HTTP where it is inspected (`webapp.httpTunnel: degrade`): what may be asked
 * of it, and Guacamole's own client in Chromium that falls back to it, is held and is severed.
 */
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t, { type Test } from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { catalogue, SamehandError } from "../../gateway/core/errors.ts";
import { agentName, millis } from "../../gateway/core/units.ts";
import type { Decision } from "../../gateway/core/verdict.ts";
import { instruction } from "../../gateway/offline/viewer-client.ts";
import { startChromium } from "../parts/chromium.ts";
import { type Farm, startFarm } from "../parts/farm.ts";
import { signIn, tunnelUrl, WebApplication } from "../parts/web-application.ts";

const { password } = WebApplication;
const decision: Decision = {
  at: millis(0),
  verdict: "quarantine",
  wouldBe: "quarantine",
  mode: "enforce",
  trust: 0,
  rule: "test",
  reasons: [],
  keystrokes: 0,
  actions: 0,
};

const script = `
import Guacamole from "./guacamole.js";
const [, query] = location.hash.split("#");
const tunnel = new Guacamole.ChainedTunnel(new Guacamole.WebSocketTunnel("websocket-tunnel"), new Guacamole.HTTPTunnel("tunnel"));
const client = new Guacamole.Client(tunnel);
document.body.append(client.getDisplay().getElement());
const said = (text) => document.body.setAttribute("data-state", text);
client.onstatechange = (state) => said("state " + state);
client.onerror = ({ code }) => document.body.setAttribute("data-error", String(code));
const keyboard = new Guacamole.Keyboard(document);
keyboard.onkeydown = (keysym) => client.sendKeyEvent(1, keysym);
keyboard.onkeyup = (keysym) => client.sendKeyEvent(0, keysym);
client.connect(decodeURIComponent(query));
`;

async function withFarm(t: Test): Promise<Farm | null> {
  const pages = mkdtempSync(join(tmpdir(), "samehand-pages-"));
  const { resolve } = createRequire(import.meta.url);
  copyFileSync(
    join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js"),
    join(pages, "guacamole.js"),
  );
  writeFileSync(join(pages, "page.js"), script);
  const html = '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="page.js"></script>';
  writeFileSync(join(pages, "index.html"), html);
  try {
    const farm = await startFarm({ application: pages, config: { webapp: { httpTunnel: "degrade" } } });
    t.teardown(() => farm.stop());
    return farm;
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    t.pass(`skipped: ${error.message}`);
    return null;
  }
}

const urlOf = ({ gateway }: Farm): string => `${gateway.url}/guacamole`;

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
  const farm = await withFarm(t);
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

t.test("Guacamole's client falls back to it in Chromium, types, is held, comes back, and is severed", async (t) => {
  t.setTimeout(120_000);
  const farm = await withFarm(t);
  if (farm === null) return;
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const { token } = await signIn(urlOf(farm), { username: "anna", password });
  const page = await chromium.page({ width: 1024, height: 768 });
  // Something between the page and the gateway lets no WebSocket pass.
  await page.addInitScript(() => {
    const Blocked = class extends WebSocket {
      constructor(_url: string, names: string) {
        super("ws://127.0.0.1:2/", names);
      }
    };
    Object.assign(globalThis, { WebSocket: Blocked });
  });
  const query = new URL(tunnelUrl(urlOf(farm), token)).searchParams.toString();
  await page.goto(`${urlOf(farm)}/#${encodeURIComponent(query)}`);
  await page.locator("body[data-state='state 3']").waitFor();
  await page.keyboard.press("h");
  await farm.desktop.received((event) => event.kind === "key" && event.pressed && event.text === "h");
  const folder = new URL("../../.tap/screenshots/", import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  const look = (name: string) => page.screenshot({ path: join(folder, `http-tunnel-${name}.png`) });
  const before = await look("before");

  const session = [...farm.gateway.proxy.sessions.values()].at(-1)!;
  session.quarantine(decision);
  await page.waitForTimeout(1000);
  const held = await look("held");
  t.notOk(held.equals(before), "the hold screen stands in the desktop's place");
  await page.keyboard.press("x");
  await farm.desktop.settled();
  t.equal(farm.desktop.typed(), "h", "nothing is typed in a hold");
  session.release(decision);
  while (farm.gateway.tally.sessionsHeld > 0) await page.waitForTimeout(20);
  await page.waitForTimeout(500);
  await look("after");
  await page.keyboard.press("i");
  await farm.desktop.received((event) => event.kind === "key" && event.pressed && event.text === "i");
  t.equal(farm.desktop.typed(), "hi");
  session.sever(new SamehandError("session-severed"));
  await page.locator(`body[data-error='${catalogue["session-severed"].guacamole}']`).waitFor();
  t.equal(farm.gateway.tally.sessionsLive, 0);
});
