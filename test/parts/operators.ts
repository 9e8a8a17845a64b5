/**
 * A judge with live sessions and the operators' listener in front of it, for tests: the store, the judge and the
 * sockets are real, the agents' hands are synthetic.
 */
import { randomUUID } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { Admin, type AdminParts } from "../../gateway/admin/admin.ts";
import type { Clock } from "../../gateway/core/clock.ts";
import type { SamehandError } from "../../gateway/core/errors.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, epochMillis, millis, sessionId } from "../../gateway/core/units.ts";
import type { Mode } from "../../gateway/core/verdict.ts";
import { LiveJudge } from "../../gateway/judge/judge.ts";
import { defaultPolicyFile, loadPolicy, parsePolicy } from "../../gateway/policy/policy-file.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { modesOf, withoutMode } from "../../gateway/agent-modes.ts";
import { driftOf } from "../../models/adaptation.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { enrolColleagues } from "./colleagues.ts";
import { send, Typist } from "./typist.ts";

const background = Background.load();

/** One operator's browser: keeps its cookie, and sends the token against forged requests. */
export class Browser {
  readonly url: string;
  cookie = "";
  csrf = "";

  constructor(url: string) {
    this.url = url;
  }

  /** @param path below `/api/v1` @returns status, headers and the answer as it came */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.cookie === "" ? {} : { cookie: this.cookie }),
        ...(this.csrf === "" ? {} : { "x-samehand-csrf": this.csrf }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(";")[0] ?? "";
    const text = await response.text();
    const answer = (text === "" ? null : JSON.parse(text)) as Record<string, never> & { items: never[] };
    return { status: response.status, headers: response.headers, answer };
  }

  /** Signs in with a link as it is printed. */
  async signIn(link: string): Promise<Browser> {
    const { answer } = await this.ask("POST", "/sign-in/link", { link: link.split("#link=")[1] });
    this.csrf = answer["csrf"];
    return this;
  }
}

/** @param mode of the judge @param more laid over the listener's parts */
export async function startOperators(t: Test, mode: Mode = "enforce", more: Partial<AdminParts> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "samehand-"));
  const time = { now: 1000, wall: Date.UTC(2026, 0, 5) };
  const clock: Clock = { now: () => millis(time.now), wall: () => epochMillis(Math.round(time.wall + time.now)) };
  const enrolment = {
    provisional: { keystrokes: 400, actions: 0, days: 0 },
    mature: { keystrokes: 1000, actions: 0, days: 0 },
  };
  const policyFile = join(folder, "policy.yaml");
  copyFileSync(defaultPolicyFile, policyFile);
  const settings = { mode, policy: loadPolicy(defaultPolicyFile), enrolment, sessionsPerAgent: 4 };
  const keys = parseKeyRing(newKeyLine(new Date()), "test");
  const tally = new Tally();
  const shared = { log: silentLog, clock };
  const store = openStore({ path: join(folder, "store.db"), keys, ...shared });
  const judge = new LiveJudge({ ...shared, store, background, settings: () => settings, tally, worker: "1" });
  const admin = new Admin({
    ...shared,
    store,
    live: judge.sessions,
    enrolment: () => settings.enrolment,
    drift: driftOf,
    modes: modesOf,
    withoutMode,
    desk: {
      current: () => settings.policy,
      mode: () => settings.mode,
      file: () => policyFile,
      text: () => readFileSync(policyFile, "utf8"),
      apply: (text) => {
        settings.policy = parsePolicy(text, "policy.yaml");
        writeFileSync(policyFile, text);
      },
      peaks: background.facts.peaks,
      peaksOf: ({ id }) => Profile.factsOf(store.profile(id)!.body).peaks,
    },
    fourEyes: [],
    provider: null,
    listen: { host: "127.0.0.1", port: 0, tls: null },
    version: "0.0.0",
    organisation: () => "Test farm",
    signInHours: 12,
    ...more,
  });
  await admin.listen();
  t.teardown(async () => {
    await admin.close();
    await judge.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  /** Opens a live session of an agent, as the proxy would. */
  const open = async (agent: string) => {
    const acts: string[] = [];
    const ended: SamehandError[] = [];
    const info = {
      id: sessionId(randomUUID()),
      agent: agentName(agent),
      connection: "desk",
      startedAt: clock.wall(),
      address: "192.0.2.7",
    };
    const ticket = { agent: info.agent, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    const watch = await judge.open(ticket, info, {
      quarantine: () => void acts.push("quarantine"),
      show: () => {},
      release: () => void acts.push("release"),
      sever(error) {
        acts.push("sever");
        ended.push(error);
        watch.close(clock.now(), error);
      },
    });
    return { id: info.id, watch, acts, ended };
  };
  type Open = Awaited<ReturnType<typeof open>>;
  /** Lets a synthetic person work for so many keystrokes; stops early once `until` is true. */
  const work = ({ watch }: Open, person: number, session: number, keystrokes: number, until = () => false) => {
    const begun = time.now;
    let ticked = begun;
    for (const event of new Typist(person).shift(keystrokes, session)) {
      time.now = begun + event.at;
      for (; ticked + 1000 < time.now; ticked += 1000) {
        watch.tick(millis(ticked));
        judge.flush();
      }
      send(watch, event, millis(time.now));
      if (until()) return;
    }
  };
  /** Makes an agent mature who is played by a synthetic person, among colleagues. */
  const enrol = async (agent: string, person: number) => {
    enrolColleagues(store, background);
    await judge.refresh();
    for (let day = 0; day < 4; day++) {
      const session = await open(agent);
      work(session, person, day, 400);
      session.watch.close(clock.now(), null);
      judge.flush();
    }
  };
  /** The first operator's browser, signed in by the link that is printed. */
  const signedIn = () => new Browser(admin.url).signIn(admin.firstRunUrl() ?? "");
  return { admin, store, judge, open, work, enrol, signedIn, time, settings, folder };
}
