/**
 * In front of the web application, on real parts: its own tunnel classes in a Tomcat, guacd, a desktop. What a login
 * is, what crosses, what is refused, and that a hold and a sever mean what they mean before guacd.
 */
import { request as httpRequest } from "node:http";
import t from "tap";
import { catalogue, SamehandError } from "../../gateway/core/errors.ts";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName, epochMillis, millis } from "../../gateway/core/units.ts";
import { instruction, ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { decision } from "../fixtures/decision.ts";
import { refused } from "../fixtures/differentials.ts";
import { applicationFarms, urlOf } from "../parts/application-farm.ts";
import type { Farm } from "../parts/farm.ts";
import { onDesktop } from "../parts/on-desktop.ts";
import { until } from "../reliability/rig.ts";
import { signIn, tunnelUrl, WebApplication } from "../parts/web-application.ts";

t.setTimeout(300_000);

const { database, password } = WebApplication;

const pages = t.testdir({ "index.html": "<p>the application's page</p>" });
const withFarm = applicationFarms(t, pages);

/** A session whose first picture has come. */
const desktopAt = (url: string): Promise<ViewerClient> => onDesktop(() => ViewerClient.open(url));

async function open(farm: Farm, username: string, more: Record<string, string> = {}) {
  const { token } = await signIn(urlOf(farm), { username, password });
  const viewer = await desktopAt(tunnelUrl(urlOf(farm), token, more));
  const session = [...farm.gateway.proxy.sessions.values()].at(-1) as SessionControl & {
    connectionId: string;
    tunnelId: string;
  };
  return { token, viewer, session };
}

/** One request exactly as written: what `fetch` would tidy up first. */
function raw(farm: Farm, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(farm.gateway.url);
    const asked = httpRequest({ hostname, port, path, method, headers, agent: false });
    asked.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject);
    asked.end();
  });
}

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  "sec-websocket-protocol": "guacamole",
};

t.test("the application's pages, sign-ins and desktops pass, and who types is known by account", async (t) => {
  const farm = await withFarm(t, { webapp: { people: { "default/anna.b": "anna" } } });
  if (farm === null) return;
  t.match(await (await fetch(`${urlOf(farm)}/`)).text(), /the application's page/);
  t.equal((await fetch(`${urlOf(farm)}/nothing`)).status, 404);
  t.equal((await signIn(urlOf(farm), { username: "anna", password: "wrong" })).token, "");
  const { token, viewer } = await open(farm, "bert");
  for (const pressed of [true, false]) viewer.key(millis(0), 0x61 as never, pressed);
  await farm.desktop.received((event) => event.kind === "key" && event.pressed && event.text === "a");
  t.ok(farm.gateway.store.agent(agentName("default/bert")), "named by data source and user");
  t.equal((await fetch(`${urlOf(farm)}/api/session/data/default/self?token=${token}`)).status, 200);
  await open(farm, "anna.b");
  t.ok(farm.gateway.store.agent(agentName("anna")), "an account that is mapped is the same agent");
  const echo = await fetch(`${urlOf(farm)}/api/echo`, { method: "POST", body: "x".repeat(3_000_000) });
  t.match(await echo.text(), /\n\n3000000$/, "a large body streams through");
  const spoofed = await fetch(`${urlOf(farm)}/api/echo`, {
    headers: { REMOTE_USER: "boss", "Remote-User": "boss", "X-Forwarded-For": "203.0.113.9" },
  });
  const seen = await spoofed.text();
  t.notMatch(seen, /boss|203\.0\.113\.9/i, "nobody says for themselves who or where they are");
  t.match(seen, /x-forwarded-for: 127\.0\.0\.1/);
});

t.test(
  "what would be read otherwise in Java or in guacd ends the session before the desktop sees any of it",
  async (t) => {
    const farm = await withFarm(t);
    if (farm === null) return;
    const { token } = await signIn(urlOf(farm), { username: "anna", password });
    const rows = refused.values();
    const work = async (): Promise<void> => {
      for (const { name, messages } of rows) {
        const viewer = await desktopAt(tunnelUrl(urlOf(farm), token));
        for (const message of messages) viewer.send(message, { binary: false });
        const { closeCode } = await viewer.ended;
        t.not(closeCode, 1000, name);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    await farm.desktop.settled();
    t.equal(farm.desktop.typed(), "");
  },
);

t.test(
  "a held session's input and files stay where they are, and a sever ends the login and keeps it out",
  async (t) => {
    const farm = await withFarm(t);
    if (farm === null) return;
    const { token, viewer, session } = await open(farm, "anna");
    const file = `${urlOf(farm)}/api/session/tunnels/${session.connectionId}/streams/0/report.txt?token=${token}`;
    const press = (keysym: number) => {
      for (const pressed of [true, false]) viewer.key(millis(0), keysym as never, pressed);
    };
    t.equal((await fetch(file)).status, 200);
    const long = await fetch(file.replace("report.txt", "endless"));
    const pieces = long.body!.getReader();
    t.equal((await pieces.read()).done, false, "a long download has begun");
    session.quarantine(decision);
    const rest = async (): Promise<unknown> => {
      while (!(await pieces.read()).done);
      return "ended well";
    };
    t.not(await rest().catch(() => "cut"), "ended well", "and ends with the hold");
    press(0x62);
    t.equal((await fetch(file)).status, 403, "its files do not move");
    const share = `${urlOf(farm)}/api/session/tunnels/${session.connectionId}/activeConnection/sharingCredentials/1`;
    t.equal((await fetch(`${share}?token=${token}`)).status, 403, "nor is it shared");
    const other = `${urlOf(farm)}/api/session/data/default/activeConnections/${session.connectionId}/sharingCredentials/1`;
    t.equal((await fetch(`${other}?token=${token}`)).status, 403, "by whatever address of it");
    session.release(decision);
    press(0x63);
    await farm.desktop.received((event) => event.kind === "key" && event.pressed && event.text === "c");
    t.equal(farm.desktop.typed(), "c", "what was typed in the hold is gone");
    t.equal((await fetch(file)).status, 200);
    session.sever(new SamehandError("session-severed"));
    const { status, closeReason } = await viewer.ended;
    t.equal(status, catalogue["session-severed"].guacamole);
    t.equal(closeReason, String(catalogue["session-severed"].guacamole));
    const self = `${farm.application!.origin}/guacamole/api/session/data/default/self?token=${token}`;
    while ((await fetch(self)).status === 200);
    t.equal((await fetch(self)).status, 403, "the login is over at the application too");
    farm.gateway.store.lock(agentName("default/anna"), epochMillis(Date.now() + 60_000), "test");
    const again = await signIn(urlOf(farm), { username: "anna", password });
    const back = await ViewerClient.open(tunnelUrl(urlOf(farm), again.token));
    t.equal((await back.ended).status, catalogue["agent-locked"].guacamole, "whoever is locked cannot come back");
  },
);

t.test("who joins a desktop is held and severed with whoever is doubted; guests only look on", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const owner = await open(farm, "anna", { GUAC_DATA_SOURCE: database });
  const { connectionId } = owner.session;
  const joined = await open(farm, "bert", { GUAC_DATA_SOURCE: database, GUAC_TYPE: "a", GUAC_ID: connectionId });
  t.equal(joined.session.connectionId, connectionId);
  const link = `${urlOf(farm)}/api/session/tunnels/${connectionId}/activeConnection/sharingCredentials/1`;
  const shared = await fetch(link, { headers: { "guacamole-token": owner.token } });
  const { key } = ((await shared.json()) as { values: { key: string } }).values;
  const share = await signIn(urlOf(farm), { key });
  t.equal(share.dataSource, `${database}-shared`);
  const guest = await desktopAt(
    tunnelUrl(urlOf(farm), share.token, { GUAC_DATA_SOURCE: share.dataSource, GUAC_ID: key }),
  );
  const guestSession = [...farm.gateway.proxy.sessions.values()].at(-1) as SessionControl & { connectionId: string };
  t.equal(guestSession.connectionId, connectionId, "a guest by a link is known to be on the same desktop");
  const again = `${urlOf(farm)}/api/session/tunnels/${joined.session.tunnelId}/activeConnection/sharingCredentials/1`;
  const { values } = (await (await fetch(again, { headers: { "guacamole-token": joined.token } })).json()) as {
    values: { key: string };
  };
  const guestsGuest = await signIn(urlOf(farm), { key: values.key });
  await desktopAt(
    tunnelUrl(urlOf(farm), guestsGuest.token, { GUAC_DATA_SOURCE: share.dataSource, GUAC_ID: values.key }),
  );
  const further = [...farm.gateway.proxy.sessions.values()].at(-1) as SessionControl & { connectionId: string };
  t.equal(further.connectionId, connectionId, "as is one by a link of somebody who joined it");
  guest.key(millis(0), 0x67 as never, true);
  owner.session.quarantine(decision);
  joined.viewer.key(millis(0), 0x6a as never, true);
  const { tally } = farm.gateway;
  await until(() => tally.instructionsHeld === 2, "both keys arrive");
  owner.session.release(decision);
  // and lets go of it: a key that stays down at X is not pressed there by the tests after this one
  for (const pressed of [true, false]) owner.viewer.key(millis(0), 0x6f as never, pressed);
  await farm.desktop.received((event) => event.kind === "key" && !event.pressed && event.name === "o");
  t.equal(farm.desktop.typed(), "o", "neither the guest's key nor the one in the hold");
  owner.session.sever(new SamehandError("session-severed"));
  for (const viewer of [owner.viewer, joined.viewer, guest])
    t.equal((await viewer.ended).status, catalogue["session-severed"].guacamole);
});

t.test("a link made at the live connection's other address leads to the same desktop", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const owner = await open(farm, "anna", { GUAC_DATA_SOURCE: database });
  const { connectionId } = owner.session;
  const link = `${urlOf(farm)}/api/session/data/${database}/activeConnections/${connectionId}/sharingCredentials/1`;
  const shared = await fetch(link, { headers: { "guacamole-token": owner.token } });
  const { key } = ((await shared.json()) as { values: { key: string } }).values;
  const share = await signIn(urlOf(farm), { key });
  const guest = await desktopAt(
    tunnelUrl(urlOf(farm), share.token, { GUAC_DATA_SOURCE: share.dataSource, GUAC_ID: key }),
  );
  owner.session.sever(new SamehandError("session-severed"));
  t.equal((await guest.ended).status, catalogue["session-severed"].guacamole);
});

t.test("a login is asked for, bound to its address, and forgotten when it ends", async (t) => {
  const farm = await withFarm(t, { webapp: { trustedProxies: ["127.0.0.1"] } });
  if (farm === null) return;
  const direct = await signIn(`${farm.application!.origin}/guacamole`, { username: "anna", password });
  const viewer = await desktopAt(tunnelUrl(urlOf(farm), direct.token, { GUAC_DATA_SOURCE: database }));
  t.ok(farm.gateway.store.agent(agentName("default/anna")), "a login from before is asked for at the application");
  t.notOk(farm.gateway.store.agent(agentName(`${database}/anna`)), "and nobody chooses who they are");
  await viewer.close();
  const slash = await fetch(`${urlOf(farm)}/api/tokens/`, {
    method: "POST",
    body: new URLSearchParams({ username: "cleo", password }),
  });
  const { authToken: cleo } = (await slash.json()) as { authToken: string };
  t.equal(farm.gateway.tally.signInsLearned, 1, "a sign-in with a slash at its end is learned too");
  t.equal((await fetch(`${urlOf(farm)}/api/session/?token=${cleo}`, { method: "DELETE" })).status, 204);
  const gone = await ViewerClient.open(tunnelUrl(urlOf(farm), cleo));
  t.equal((await gone.ended).status, catalogue["token-invalid"].guacamole, "and its end is not missed");
  const unknown = await ViewerClient.open(tunnelUrl(urlOf(farm), "0".repeat(64)));
  t.equal((await unknown.ended).status, catalogue["token-invalid"].guacamole);
  const { token } = await signIn(urlOf(farm), { username: "bert", password });
  const path = `/guacamole/websocket-tunnel${new URL(tunnelUrl(urlOf(farm), token)).search}`;
  t.equal(await raw(farm, path, { ...upgrade, "x-forwarded-for": "203.0.113.9" }), 101);
  await until(() => farm.gateway.tally.refusals.get("token-elsewhere") === 1, "from elsewhere it opens nothing");
  t.equal((await fetch(`${urlOf(farm)}/api/session?token=${token}`, { method: "DELETE" })).status, 204);
  const out = await ViewerClient.open(tunnelUrl(urlOf(farm), token));
  t.equal((await out.ended).status, catalogue["token-invalid"].guacamole, "signed out is out");
});

t.test("input over plain HTTP is refused so that the page shows it, and passes unseen in report mode", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const connect = async (at: Farm) => {
    const { token } = await signIn(urlOf(at), { username: "anna", password });
    const body = new URL(tunnelUrl(urlOf(at), token)).searchParams;
    return fetch(`${urlOf(at)}/tunnel?connect`, { method: "POST", body });
  };
  const refusal = await connect(farm);
  t.equal(refusal.status, 403);
  t.equal(refusal.headers.get("guacamole-status-code"), "771");
  t.equal(farm.gateway.tally.httpTunnelsRefused, 1);
  const report = await withFarm(t, { mode: "report" });
  const passed = await connect(report!);
  t.equal(passed.status, 200);
  t.match(await passed.text(), /^[0-9a-f-]{36}$/);
  t.equal(report!.gateway.tally.httpTunnelsPassed, 1, "and is counted");
});

t.test("twenty sessions at once stay apart", async (t) => {
  const farm = await withFarm(t);
  if (farm === null) return;
  const viewers: ViewerClient[] = [];
  for (let n = 0; n < 20; n++) viewers.push((await open(farm, `agent${n}`)).viewer);
  // each another key: X hears no press of one that is down already
  for (const [n, viewer] of viewers.entries())
    viewer.send(instruction("key", 0x61 + n, 1) + instruction("key", 0x61 + n, 0));
  await farm.desktop.received(() => farm.desktop.typed().length === 20);
  t.same(Array.from(farm.desktop.typed()).sort(), Array.from("abcdefghijklmnopqrst"));
  t.equal(farm.gateway.tally.sessionsLive, 20);
  await Promise.all(viewers.map((viewer) => viewer.close()));
});
