import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { enrolPerson } from "../../test/parts/colleagues.ts";
import { send, Typist } from "../../test/parts/typist.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { silentLog } from "../core/log.ts";
import { Tally } from "../core/tally.ts";
import { agentName, epochMillis, type Millis, millis, sessionId } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import { judgeTakeover } from "../offline/portion.ts";
import { readTape } from "../offline/tape.ts";
import { scoreTape } from "../offline/trial.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { RecordingReader, RecordingWriter } from "../protocol/guacamole/recording.ts";
import { openStore } from "../store/open-store.ts";
import { LiveJudge } from "./judge.ts";

const background = Background.load();
const amount = { keystrokes: 500, actions: 0, days: 0 };

/** Somebody's work as a recording, times in whole milliseconds as guacd writes them. */
function recordingOf(person: number, keys = 500): string {
  let text = "";
  const writer = new RecordingWriter((line) => {
    text += line;
  });
  for (const event of new Typist(person).shift(keys, 7)) send(writer, event);
  return text;
}

t.test("the same recording gives the same evidence, live and offline", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "samehand-"));
  const clock = { now: () => millis(0), wall: () => epochMillis(Date.UTC(2026, 0, 5)) };
  const keys = parseKeyRing(newKeyLine(new Date()), "test");
  const store = openStore({ path: join(folder, "store.db"), keys, clock });
  enrolPerson(store, background, "anna", 1, 800);
  const policy = loadPolicy(defaultPolicyFile);
  const settings = () => ({
    mode: "report" as const,
    policy,
    enrolment: { provisional: amount, mature: amount },
    sessionsPerAgent: 4,
  });
  const judge = new LiveJudge({ store, background, settings, tally: new Tally(), log: silentLog, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  for (const person of [1, 2]) {
    // the first session teaches, so that the second is verified against another profile
    const stored = store.profile(store.enrol(agentName("anna")).id);
    const profile = Profile.decode(stored?.body ?? new Uint8Array(0), background);
    const text = recordingOf(person);
    const file = join(folder, `${person}.guac`);
    writeFileSync(file, text);
    const offline = { keyboard: 0, pointer: 0 };
    scoreTape(
      readTape(file, { jitter: 0, stalls: false }),
      new Verifier(background.alone(), profile),
      ({ modality, llr }) => {
        offline[modality] += llr;
      },
    );

    const id = sessionId(`session-${person}`);
    const ticket = { agent: agentName("anna"), connection: "desk", target: { protocol: "vnc" }, settings: {} };
    const info = { id, agent: ticket.agent, connection: "desk", startedAt: clock.wall(), address: "" };
    const watch = await judge.open(ticket, info, { quarantine() {}, show() {}, release() {}, sever() {} });
    const reader = new RecordingReader(file, watch);
    reader.read(Buffer.from(text));
    reader.end();
    watch.close(clock.now(), null);
    const outcome = store.sessions(10).find((session) => session.id === id)?.outcome;
    t.not(offline.keyboard, 0, "something was said");
    t.match({ keyboard: outcome?.keyboard, pointer: outcome?.pointer }, offline, `person ${person}`);
  }
});

t.test("the same takeover gives the same verdicts at the same moments, live and in an evaluation", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "samehand-"));
  const clock = { now: () => millis(0), wall: () => epochMillis(Date.UTC(2026, 0, 5)) };
  const store = openStore({
    path: join(folder, "store.db"),
    keys: parseKeyRing(newKeyLine(new Date()), "test"),
    clock,
  });
  const shipped = loadPolicy(defaultPolicyFile);
  // in a recording there is nobody to challenge
  const policy = Object.assign(Object.create(shipped) as typeof shipped, {
    challenge: null,
    decide: shipped.decide.bind(shipped),
  });
  const settings = () => ({
    mode: "enforce" as const,
    policy,
    enrolment: { provisional: amount, mature: amount },
    sessionsPerAgent: 4,
  });
  const judge = new LiveJudge({ store, background, settings, tally: new Tally(), log: silentLog, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
    rmSync(folder, { recursive: true });
  });
  // both modalities, and one of them with the other silent: the trust filter's rules and those for lone evidence
  for (const [name, keys, keeps] of [
    ["both", 1500, () => true],
    ["keyboard", 900, (line: string) => line.startsWith("3.key")],
  ] as const) {
    const agent = agentName(`anna-${name}`);
    enrolPerson(store, background, agent, 1, 2500);
    const stored = store.profile(store.enrol(agent).id);
    const profile = Profile.decode(stored?.body ?? new Uint8Array(0), background);
    const file = join(folder, `${name}.guac`);
    const text = recordingOf(2, keys)
      .split("\n")
      .filter((line) => line === "" || keeps(line))
      .join("\n");
    writeFileSync(file, text);
    const tape = readTape(file, { jitter: 0, stalls: false });
    const offline = judgeTakeover(tape, background.alone(), profile, 0);

    const ticket = { agent, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    const id = sessionId(`takeover-${name}`);
    const info = { id, agent, connection: "desk", startedAt: clock.wall(), address: "" };
    const watch = await judge.open(ticket, info, { quarantine() {}, show() {}, release() {}, sever() {} });
    const live: Decision[] = [];
    const note = (at: Millis, event: () => void): void => {
      const before = watch.decision;
      watch.tick(at);
      event();
      const { decision } = watch;
      if (decision !== before && (decision.verdict === "quarantine" || decision.verdict === "sever"))
        live.push(decision);
    };
    const reader = new RecordingReader(file, {
      key: (at, key, pressed) => note(at, () => watch.key(at, key, pressed)),
      pointer: (at, x, y, mask) => note(at, () => watch.pointer(at, x, y, mask)),
    });
    reader.read(Buffer.from(text));
    reader.end();
    t.ok(live.length > 0, `${name}: somebody else is held`);
    const told = offline.filter(({ verdict }) => verdict !== "end");
    t.equal(live.length, told.length, name);
    told.forEach((row, index) => {
      const same = live[index];
      t.match({ verdict: same?.verdict, trust: same?.trust }, { verdict: row.verdict, trust: row.trust }, name);
      // a hold runs out between two events; an evaluation, which has no events, sees it at the next observation
      const at = same?.at ?? Number.NaN;
      const seen = same?.rule === "quarantine-expired" ? tape.seen.find((next) => next.at >= at)?.at : at;
      t.equal(row.at, seen, name);
    });
  }
});
