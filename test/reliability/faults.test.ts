/** What breaks around a gateway, and what was promised then: live sessions, locks and profiles outlast it. */
import { openSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import t from "tap";
import { parseConfig } from "../../config/load.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { agentName, epochMillis, millis } from "../../gateway/core/units.ts";
import { startGateway } from "../../gateway/gateway.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { SessionWatch } from "../../gateway/judge/session-watch.ts";
import { run as backup, runRestore as restore } from "../../gateway/commands/backup.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { configuration, press, Rig, until, viewerAt } from "./rig.ts";

const anna = agentName("anna");
const bert = agentName("bert");
const soon = (): ReturnType<typeof epochMillis> => epochMillis(Date.now() + 3_600_000);

t.test("a guacd that dies, falls silent or babbles ends its session with a status, and no other", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const other = await rig.session("cleo");
  for (const [what, status] of [
    ["dies", "515"],
    ["babbles", "515"],
    ["endless", "515"],
  ] as const) {
    const { viewer, user } = await rig.session("anna");
    if (what === "dies") user.socket.resetAndDestroy();
    else user.send(what === "babbles" ? "no protocol;" : `9999999.${"x".repeat(400_000)}`);
    t.same(await viewer.closed, { code: 1011, reason: status }, what);
  }
  press(other.viewer, 0x61);
  await other.user.saw("3.key,2.97,1.0;");
  t.equal(rig.gateway.tally.sessionsLive, 1);
});

t.test("a viewer whose network is gone without a close is let go of", async (t) => {
  const rig = await Rig.start({ config: { limits: { idleSeconds: 1 } } });
  t.teardown(() => rig.stop());
  const { viewer, user } = await rig.session("anna");
  // it neither reads nor writes any more: to the gateway, a cable that was pulled
  viewer.socket.pause();
  await user.saw("10.disconnect;");
  await user.closed;
  t.equal(rig.gateway.proxy.sessions.size, 0);
  t.equal(rig.gateway.tally.refusals.get("client-timeout"), 1);
});

t.test("while another program holds the store, sessions go on, nobody new and nobody locked gets in", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const { store, tally } = rig.gateway;
  const { viewer, user } = await rig.session("anna");
  const locked = await rig.session("bert");
  const holder = new DatabaseSync(rig.config.store);
  holder.exec("BEGIN IMMEDIATE");
  store.lock(bert, soon(), "severed");
  t.same(await locked.viewer.closed, { code: 1008, reason: "771" }, "the locked agent is out at once");
  t.match(await (await rig.viewer("bert")).closed, { reason: "512" }, "and not in again");
  t.match(await (await rig.viewer("dora")).closed, { reason: "512" }, "a token that cannot be spent opens nothing");
  const begun = performance.now();
  for (let n = 0; n < 20; n++) press(viewer, 0x61 + n);
  await user.saw("3.key,3.116,1.0;");
  t.ok(performance.now() - begun < 1000, "input is not held up by the store");
  t.ok(tally.refusals.get("store-unavailable")! >= 2);
  t.match(await (await fetch(`${rig.gateway.metricsUrl}/readyz`)).text(), /store/);
  holder.exec("COMMIT");
  holder.close();
  await until(() => store.waiting === 0, "what waited is written");
  t.match(await (await rig.viewer("bert")).closed, { reason: "771" });
  const reader = new DatabaseSync(rig.config.store, { readOnly: true });
  t.equal(reader.prepare("SELECT count(*) AS n FROM locks").get()?.["n"], 1, "the lock is on the disk");
  reader.close();
  press(viewer, 0x7a);
  await user.saw("3.key,3.122,1.0;");
});

t.test("a store whose file is damaged under a running gateway costs no session and opens no lock", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const { store } = rig.gateway;
  store.lock(bert, soon(), "severed");
  const { viewer, user } = await rig.session("anna");
  const file = openSync(rig.config.store, "r+");
  for (const name of [rig.config.store, `${rig.config.store}-wal`]) {
    const fd = name === rig.config.store ? file : openSync(name, "r+");
    writeSync(fd, Buffer.alloc(statSync(name).size, 0x5a), 0, undefined, 0);
  }
  for (let n = 0; n < 20; n++) press(viewer, 0x61 + n);
  await user.saw("3.key,3.116,1.0;");
  t.match((await (await rig.viewer("bert")).closed).reason, /^(512|771)$/);
  t.ok(store.lockOf(bert));
  t.ok(viewer.socket.readyState === 1);
  viewer.socket.close();
  await user.closed;
});

t.test("learning that cannot be read back costs no session", async (t) => {
  const rig = await Rig.start({ config: { enrolment: { provisional: { keystrokes: 0, actions: 0, days: 0 } } } });
  t.teardown(() => rig.stop());
  const { viewer, user } = await rig.session("anna");
  const { store } = rig.gateway;
  store.profile = () => {
    throw new Error("the disk is gone");
  };
  // Four keys only: so many of more would be taken for a script, which teaches nothing.
  for (let n = 0; n < 450; n++) press(viewer, 0x61 + (n % 4));
  await until(() => rig.gateway.tally.profilesSaved > 0, "a lesson");
  await new Promise((resolve) => setTimeout(resolve, 100));
  press(viewer, 0x30);
  await user.saw("3.key,2.48,1.0;");
  t.equal(viewer.socket.readyState, 1);
});

t.test("keys that are missing or others stop the start, and harm no profile", async (t) => {
  const rig = await Rig.start();
  const record = rig.gateway.store.enrol(anna);
  rig.gateway.store.updateProfile(record.id, () => ({
    keystrokes: 5000,
    actions: 900,
    days: 1,
    body: Buffer.from("body"),
  }));
  const { folder, config } = rig;
  await rig.gateway.close();
  t.teardown(() => rig.stop().catch(() => {}));
  const keys = join(folder, "samehand.keys");
  const right = readFileSync(keys);
  for (const wrong of ["", "short:AAAA\n"]) {
    writeFileSync(keys, wrong);
    await t.rejects(startGateway(config, { log: silentLog }), { code: "key-invalid" });
  }
  await t.rejects(startGateway({ ...config, keys: { file: join(folder, "none") } }, { log: silentLog }), {
    code: "key-invalid",
  });
  writeFileSync(keys, newKeyLine(new Date()));
  const other = await startGateway(config, { log: silentLog });
  const viewer = viewerAt(other.tunnelUrl, await rig.token("anna"));
  t.match(await viewer.closed, { code: 1011, reason: "512" }, "a profile that cannot be read is no stranger's");
  t.equal(other.tally.refusals.get("profile-unreadable"), 1);
  await other.close();
  writeFileSync(keys, right);
  const store = openStore({ path: config.store, keys: parseKeyRing(right.toString(), "test") });
  t.equal(Buffer.from(store.profile(record.id)!.body).toString(), "body");
  store.close();
});

t.test("what waited while the event loop was blocked is not scored", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const order: string[] = [];
  const key = Reflect.get<SessionWatch, "key">(SessionWatch.prototype, "key");
  const stalled = Reflect.get<SessionWatch, "stalled">(SessionWatch.prototype, "stalled");
  SessionWatch.prototype.key = function (this: SessionWatch, ...args) {
    order.push("key");
    key.apply(this, args);
  };
  SessionWatch.prototype.stalled = function (this: SessionWatch, at) {
    order.push("stalled");
    stalled.call(this, at);
  };
  t.teardown(() => Object.assign(SessionWatch.prototype, { key, stalled }));
  const { viewer, user } = await rig.session("anna");
  press(viewer, 0x61);
  await user.saw("3.key,2.97,1.0;");
  await new Promise((resolve) => setTimeout(resolve, 200));
  order.length = 0;
  for (let n = 0; n < 3; n++) press(viewer, 0x62);
  const blocked = performance.now() + 1000;
  while (performance.now() < blocked);
  await until(() => order.filter((what) => what === "key").length === 6, "the keys");
  const keys = order.flatMap((what, at) => (what === "key" ? [order[at - 1]] : []));
  t.same(
    keys,
    Array.from({ length: 6 }, () => "stalled"),
    "before each of them time is cut",
  );
});

t.test("the system clock is set: sessions go on, locks stand, tokens keep to it", async (t) => {
  let offset = 0;
  const clock = { now: () => millis(performance.now()), wall: () => epochMillis(Date.now() + offset) };
  const rig = await Rig.start({ clock });
  t.teardown(() => rig.stop());
  const { viewer, user } = await rig.session("anna");
  rig.gateway.store.lock(bert, epochMillis(clock.wall() + 3_600_000), "severed");
  for (const step of [86_400_000, -2 * 86_400_000]) {
    const old = await rig.token("cleo");
    offset += step;
    t.match(await (await rig.viewer("bert")).closed, { reason: "771" }, `locked after a step of ${step}`);
    if (step > 0)
      t.match(await viewerAt(rig.gateway.tunnelUrl, old).closed, { reason: "771" }, "a token from the past is over");
    press(viewer, 0x61);
    await until(() => user.received.endsWith("3.key,2.97,1.0;"), "the key");
    user.received = "";
  }
  t.equal(viewer.socket.readyState, 1);
});

t.test("above its memory ceiling a gateway takes nobody new, and keeps who is there", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const { viewer, user } = await rig.session("anna");
  const text = (changes: object): string => configuration(rig.guacd.port, { ...changes });
  const load = (changes: object) => parseConfig(text(changes), join(rig.folder, "samehand.yaml"), {}).config;
  rig.gateway.reload(load({ limits: { memoryBytes: 64 * 1024 * 1024 } }));
  t.match(await (await rig.viewer("bert")).closed, { code: 1013, reason: "513" });
  t.equal(rig.gateway.tally.refusals.get("memory-short"), 1);
  press(viewer, 0x61);
  await user.saw("3.key,2.97,1.0;");
  rig.gateway.reload(load({}));
  await rig.session("bert");
});

t.test("a flood of pings is a flood", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const { viewer } = await rig.session("anna");
  for (let n = 0; n < 6000; n++) viewer.socket.ping();
  t.match(await viewer.closed, { code: 1008, reason: "797" });
  t.equal(rig.gateway.tally.refusals.get("rate-exceeded"), 1);
});

t.test("a flood of handshakes with bad tokens opens nothing and hurts no session", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop());
  const { viewer, user } = await rig.session("anna");
  const flood = Array.from({ length: 300 }, () => viewerAt(rig.gateway.tunnelUrl, "x".repeat(200)).closed);
  const ends = await Promise.all(flood);
  t.ok(ends.every(({ code, reason }) => code === 1008 && reason === "771"));
  const counted = [...rig.gateway.tally.refusals.values()].reduce((sum, count) => sum + count, 0);
  t.equal(counted, 300, "each is counted once");
  press(viewer, 0x61);
  await user.saw("3.key,2.97,1.0;");
  t.equal(rig.guacd.users.length, 1, "guacd heard of none of them");
});

t.test("a backup is made while the gateway runs; a restore waits until it has stopped", async (t) => {
  const rig = await Rig.start();
  t.teardown(() => rig.stop().catch(() => {}));
  const { store } = rig.gateway;
  const { viewer, user } = await rig.session("anna");
  const { id } = store.enrol(anna);
  store.updateProfile(id, () => ({ keystrokes: 7, actions: 1, days: 1, body: Buffer.from("body") }));
  store.lock(bert, soon(), "severed");
  const written: string[] = [];
  const io = { stdout: { write: (text: string) => void written.push(text) }, stderr: { write() {} }, env: {} };
  const at = [join(rig.folder, "backup.db"), "--json", "--config", join(rig.folder, "samehand.yaml")];
  t.equal(await backup(at, io as never), 0);
  t.match(JSON.parse(written.join("")), { agents: 1, profiles: 1, locks: 1 });
  await t.rejects(restore(at, io as never), { message: /stop the gateway/ });
  press(viewer, 0x61);
  await user.saw("3.key,2.97,1.0;");
  t.equal(viewer.socket.readyState, 1, "the session went on through it");
  await rig.gateway.close();
  t.equal(await restore(at, io as never), 0);
  const again = await startGateway(rig.config, { log: silentLog });
  t.equal(Buffer.from(again.store.profile(id)!.body).toString(), "body");
  t.match(await viewerAt(again.tunnelUrl, await rig.token("bert")).closed, { reason: "771" }, "the lock stands");
  await again.close();
});
