/** Several real processes behind one port: what is said to one reaches all, and one that dies takes only its own. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { parseConfig } from "../../config/load.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { issueSamehandToken } from "../proxy/token/samehand-token.ts";
import { storeOptions, tokenKeys } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import { FakeGuacd } from "../../test/fixtures/fake-guacd.ts";
import type { TestViewer } from "../../test/fixtures/proxy-bench.ts";
import { serve, workersOf } from "../../test/reliability/child.ts";
import { configuration, press, until, viewerAt, writeFolder } from "../../test/reliability/rig.ts";

async function stage(t: Test, changes: object = {}) {
  const guacd = await FakeGuacd.start();
  const folder = writeFolder(guacd.port, { workers: 2, ...changes });
  const file = join(folder, "samehand.yaml");
  const child = await serve(folder);
  t.teardown(async () => {
    await child.program.stop();
    await guacd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const keys = tokenKeys(parseConfig(configuration(guacd.port), file, {}).config);
  const expires = epochMillis(Date.now() + 120_000);
  const token = (agent: string, join?: string): Promise<string> =>
    issueSamehandToken({ agent, connection: join === undefined ? "desk" : { name: "desk", join }, expires }, keys);
  const viewer = async (agent: string, join?: string): Promise<TestViewer> =>
    viewerAt(child.tunnelUrl, await token(agent, join));
  const session = async (agent: string): Promise<Live> => {
    const next = guacd.next();
    const opened = await viewer(agent);
    await opened.saw("0.,36.");
    const { socket } = await next;
    return { agent, viewer: opened, port: socket.remotePort ?? 0 };
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${child.metricsUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (.+)$`, "m").exec(text)?.[1] ?? NaN);
  };
  const command = (...args: string[]) =>
    promisify(execFile)(join(import.meta.dirname, "../../bin/samehand"), [...args, "--config", file]);
  return {
    guacd,
    folder,
    file,
    child,
    token,
    viewer,
    session,
    metric,
    command,
    pids: () => workersOf(child.program.pid),
  };
}

/** What the test reads of a session in the operators' API. */
interface Session {
  readonly id: string;
  readonly agent: string;
  readonly worker: string;
}

interface Live {
  readonly agent: string;
  readonly viewer: TestViewer;
  /** Of the gateway's socket to guacd. */
  readonly port: number;
}

/** A process that ended; its entry may stay until somebody asks how. */
function isGone(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}

/** Which process owns a socket with this local port. */
function owner(port: number, pids: readonly number[]): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const row = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, , state]) => (local ?? "").endsWith(`:${wanted}`) && state === "01");
  const inode = row?.[9];
  for (const pid of pids)
    for (const fd of readdirSync(`/proc/${pid}/fd`))
      try {
        if (readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes(`ino:\t${inode}\n`)) return pid;
      } catch {
        // closed meanwhile
      }
  return 0;
}

/** Sessions of new agents until each worker has one. */
async function spread(stage: { session: (agent: string) => Promise<Live>; pids: () => number[] }, prefix: string) {
  const byWorker = new Map<number, Live>();
  for (let n = 0; byWorker.size < 2 && n < 40; n++) {
    const live = await stage.session(`${prefix}${n}`);
    byWorker.set(owner(live.port, stage.pids()), live);
  }
  return byWorker;
}

t.setTimeout(300_000);
/** For those that leave it as it was. */
const shared = await stage(t);

t.test("two workers: sessions in both, one scrape, a lock from the command line in each", async (t) => {
  const here = shared;
  const byWorker = await spread(here, "agent");
  t.same(
    [...byWorker.keys()].sort((a, b) => a - b),
    here.pids(),
    "the kernel spreads connections",
  );
  const sessions = here.guacd.users.length;
  t.equal(await here.metric("samehand_sessions"), sessions);
  t.equal(await here.metric("samehand_sessions_opened_total"), sessions);
  t.equal(await here.metric("samehand_workers"), 2);
  t.equal((await fetch(`${here.child.metricsUrl}/readyz`)).status, 200);
  for (const live of byWorker.values()) {
    await here.command("agents", "lock", live.agent);
    const before = performance.now();
    t.match(await live.viewer.closed, { code: 1008 });
    // half a second, and what a machine with other work takes
    t.ok(performance.now() - before < 5000, "soon after the command's end");
    const again = await here.viewer(live.agent);
    t.match(await again.closed, { code: 1008 }, "and it does not come back, in whatever worker");
  }
  const { size } = byWorker;
  t.equal(await here.metric("samehand_sessions"), sessions - size, "nobody else was ended");
});

t.test("operators see, hold and sever the sessions of every worker", async (t) => {
  const here = shared;
  const byWorker = await spread(here, "seen");
  const opened = await here.metric("samehand_sessions");
  const [line] = await here.child.program.line(/.*"msg":"listening".*/);
  const { console: url } = JSON.parse(line) as { console: string };
  const { stdout: secret } = await here.command("operators", "token", "test", "--role", "responder");
  const headers = { authorization: `Bearer ${secret.trim()}`, "content-type": "application/json" };
  const ask = async (path: string, body?: object) => {
    const given = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(`${url}/api/v1${path}`, { headers, ...given });
    return { status: response.status, answer: (await response.json()) as { items: Session[] } & Session };
  };
  const { items } = (await ask("/sessions")).answer;
  t.equal(items.length, opened);
  t.same(new Set(items.map(({ worker }) => worker)), new Set(["1", "2"]), "both workers' sessions are in one list");
  const stream = await fetch(`${url}/api/v1/events`, { headers });
  const events = stream.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let heard = "";
  const hear = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(heard)?.[0];
      if (found !== undefined) return found;
      const { value, done } = await events.next();
      if (done === true) throw new Error("the stream ended");
      heard += value;
    }
  };
  const snapshot = await hear(/event: snapshot\n.*\n\n/);
  for (const { id } of items) t.ok(snapshot.includes(id));
  for (const { agent, viewer } of byWorker.values()) {
    const { id } = items.find((item) => item.agent === agent)!;
    t.match(await ask(`/sessions/${id}`), { status: 200, answer: { agent, address: String } });
    const hold = { reason: "called, no answer" };
    t.match(await ask(`/sessions/${id}/quarantine`, hold), { status: 200, answer: { outcome: "done" } });
    t.match(await ask(`/sessions/${id}/quarantine`, hold), { status: 200, answer: { outcome: "already" } });
    t.match(await ask(`/sessions/${id}/release`, { reason: "called back" }), { answer: { outcome: "done" } });
    t.match(await ask(`/sessions/${id}/sever`, { reason: "not the agent" }), { answer: { outcome: "done" } });
    t.equal((await viewer.closed).code, 1008);
    await hear(new RegExp(`"ended":\\[[^\\]]*"${id}"`));
    t.equal((await ask(`/sessions/${id}`)).status, 404);
  }
  await events.return?.();
});

t.test("a desktop in another worker is joined, and a lock ends everybody on it", async (t) => {
  const here = shared;
  const { connections, users } = here.guacd;
  const before = users.length;
  const owner = await here.viewer("ann");
  await owner.saw("0.,36.");
  const id = /0\.,36\.([0-9a-f-]{36});/.exec(owner.text)?.[1] ?? "";
  const others: TestViewer[] = [];
  for (let n = 0; n < 8; n++) others.push(await here.viewer(`guest${n}`, id));
  for (const guest of others) await guest.saw("0.,36.");
  await until(() => users.length === before + 9, "nine users");
  t.equal(here.guacd.connections, connections + 1, "of one desktop");
  await here.command("agents", "lock", "ann");
  for (const guest of [owner, ...others]) t.match(await guest.closed, { code: 1008 });
});

t.test("limits of an agent count in all workers, a token opens one session", async (t) => {
  const here = await stage(t, { limits: { sessionsPerAgent: 3, sessions: 8 } });
  const opened = await Promise.all(Array.from({ length: 3 }, () => here.viewer("ann")));
  await Promise.all(opened.map((viewer) => viewer.saw("0.,36.")));
  const refused = await Promise.all(Array.from({ length: 6 }, async () => (await here.viewer("ann")).closed));
  t.same(new Set(refused.map(({ code }) => code)), new Set([1013]), "six more are too many, wherever they come in");
  opened[0].socket.close();
  await opened[0].closed;
  await here.child.program.line(/"code":"closed".*"session ended"/);
  await (await here.viewer("ann")).saw("0.,36.");
  const one = await here.token("bert");
  const first = viewerAt(here.child.tunnelUrl, one);
  await first.saw("0.,36.");
  for (let n = 0; n < 6; n++)
    t.match(await viewerAt(here.child.tunnelUrl, one).closed, { code: 1008 }, "spent in every worker");
});

t.test("a worker that is killed takes its own sessions, and another takes its place", async (t) => {
  const here = await stage(t);
  const byWorker = await spread(here, "agent");
  const [[victim, lost], [, kept]] = [...byWorker];
  const token = await here.token("replayed");
  const spent = viewerAt(here.child.tunnelUrl, token);
  await spent.saw("0.,36.");
  const counted = await here.metric("samehand_sessions_opened_total");
  const { config } = parseConfig(configuration(here.guacd.port), here.file, {});
  const store = openStore(storeOptions(config));
  t.teardown(() => store.close());
  const { id } = store.enrol(agentName(lost.agent));
  const body = Profile.empty(Background.load()).encode();
  store.updateProfile(id, () => ({ keystrokes: 700, actions: 90, days: 2, body }));
  process.kill(victim, "SIGKILL");
  t.equal((await lost.viewer.closed).code, 1006);
  await here.child.program.line(/a worker took the place/);
  t.equal(here.pids().length, 2);
  t.notOk(here.pids().includes(victim));
  press(kept.viewer, 0x61);
  const keptUser = here.guacd.users.find(({ socket }) => socket.remotePort === kept.port);
  await keptUser?.saw("3.key,2.97,1.0;");
  t.equal(await here.metric("samehand_sessions_opened_total"), counted, "no counter falls");
  t.equal(await here.metric("samehand_workers_lost"), 1);
  t.match(await viewerAt(here.child.tunnelUrl, token).closed, { code: 1008 }, "what is spent stays spent");
  const back = await here.session(lost.agent);
  t.ok(back.viewer.socket.readyState === 1, "the agent comes back");
  t.match(store.profile(id), { version: 1, keystrokes: 700, actions: 90 }, "and no profile is lost");
});

t.test("workers whose first process is killed end their sessions and themselves", async (t) => {
  const here = await stage(t, { drainSeconds: 1 });
  const byWorker = await spread(here, "agent");
  const pids = here.pids();
  here.child.signal("SIGKILL");
  for (const live of byWorker.values()) t.match(await live.viewer.closed, { code: 1001 });
  await here.child.program.exited;
  t.notMatch(here.child.program.tail, /ERR_|at process/, "in order");
  await until(() => pids.every(isGone), "no worker is left");
});

t.test("a reload and a drain reach every worker", async (t) => {
  const here = await stage(t, { drainSeconds: 1 });
  const byWorker = await spread(here, "agent");
  writeFileSync(here.file, "limits: {sessions: -1}\n");
  const refusal = here.child.program.line(/refused; what ran goes on/);
  here.child.signal("SIGHUP");
  await refusal;
  writeFileSync(here.file, configuration(here.guacd.port, { workers: 2, drainSeconds: 1, limits: { sessions: 1 } }));
  const taken = [1, 2].map((n) => here.child.program.line(new RegExp(`"worker":"${n}".*"configuration reloaded"`)));
  here.child.signal("SIGHUP");
  await Promise.all(taken);
  for (let n = 0; n < 6; n++) t.match(await (await here.viewer(`late${n}`)).closed, { code: 1013 });
  here.child.signal("SIGTERM");
  await here.child.program.line(/"msg":"draining"/);
  t.match(await (await fetch(`${here.child.metricsUrl}/readyz`)).text(), /draining/);
  for (const live of byWorker.values()) t.match(await live.viewer.closed, { code: 1001 });
  t.equal(await here.child.program.exited, 0);
  t.same(here.pids(), []);
});
