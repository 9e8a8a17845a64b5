/**
 * Takeovers by recorded people, played into a whole farm in real time: real sockets, guacd and X, the shipped background and
 * policy, the other agents of the set as colleagues. SAMEHAND_RECORDINGS names the folder that holds the sets of recordings,
 * which are not in the repository; the test says so and ends where it is not given.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import t from "tap";
import { agentName } from "../../gateway/core/units.ts";
import { enrol } from "../../gateway/offline/enrol.ts";
import { openSet, probeOf, type RecordedSet, type Trial } from "../../gateway/offline/set.ts";
import { RecordingReader } from "../../gateway/protocol/guacamole/recording.ts";
import { Background } from "../../models/background.ts";
import { type Farm, startFarm } from "../parts/farm.ts";
import { play, type TimedEvent } from "../parts/typist.ts";

const recordings = process.env["SAMEHAND_RECORDINGS"] ?? "";
const folder = join(recordings, "takeover");
const skip =
  recordings !== "" && existsSync(folder)
    ? false
    : "no recorded people: set SAMEHAND_RECORDINGS to the folder that holds takeover/";

/** Sessions of each kind, all at once, and the time that is played before and after a takeover, ms. */
const each = 4;
const before = 60_000;
const after = 110_000;
/** A silence in a recording is played no longer than this, ms. */
const longestSilence = 2000;

/** A recording's input from `from` to `until`, its long silences shortened; times from 0 on. */
function inputOf(file: string, from: number, until: number): { events: TimedEvent[]; takeover: number } {
  const events: TimedEvent[] = [];
  let last = from;
  let at = 0;
  let takeover = Number.POSITIVE_INFINITY;
  const time = (recorded: number): number | null => {
    if (recorded < from || recorded > until) return null;
    at += Math.min(longestSilence, recorded - last);
    last = recorded;
    if (recorded - from >= before) takeover = Math.min(takeover, at);
    return at;
  };
  const add = (recorded: number, event: (at: number) => TimedEvent): void => {
    const at = time(recorded);
    if (at !== null) events.push(event(at));
  };
  const reader = new RecordingReader(file, {
    key: (at, keysym, pressed) => add(at, (at) => ({ kind: "key", at, keysym, pressed })),
    pointer: (at, x, y, mask) => add(at, (at) => ({ kind: "pointer", at, x, y, mask })),
  });
  const bytes = readFileSync(file);
  reader.read(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  reader.end();
  return { events, takeover };
}

/** Plays one claim. @returns when it was held, ms from its start (Infinity: never), and when the takeover was */
async function claim(farm: Farm, set: RecordedSet, trial: Trial, moment: number) {
  const { events, takeover } = inputOf(probeOf(set, trial.session) ?? "", moment - before, moment + after);
  const viewer = await farm.viewer(trial.claimed);
  const begun = performance.now();
  const decided = () =>
    farm.gateway.store.decisions(200).some(({ name, verdict }) => name === trial.claimed && verdict === "quarantine");
  let held = Number.POSITIVE_INFINITY;
  const look = setInterval(() => {
    if (held === Number.POSITIVE_INFINITY && decided()) held = performance.now() - begun;
  }, 250);
  await play(events, viewer, () => held < Number.POSITIVE_INFINITY);
  clearInterval(look);
  if (held === Number.POSITIVE_INFINITY && decided()) held = performance.now() - begun;
  await viewer.close();
  return { held, takeover };
}

t.setTimeout(420_000);
t.test(
  "recorded people who take over are held, and those who go on working are not severed",
  { skip, timeout: 410_000 },
  async (t) => {
    const amount = { keystrokes: 300, actions: 50, days: 0 };
    const farm = await startFarm({
      config: { mode: "enforce", enrolment: { provisional: amount, mature: amount } },
    });
    t.teardown(() => farm.stop());
    const { store } = farm.gateway;
    const set = openSet(folder);
    const options = {
      store,
      background: Background.load(),
      enrolment: { provisional: amount, mature: amount },
      dayEach: true,
    };
    for (const [agent, files] of set.agents) enrol(agentName(agent), files, options);
    await farm.gateway.refreshBackground();

    const agents = [...set.agents.keys()];
    const first = (claimed: string | undefined, genuine: boolean): Trial | undefined =>
      set.trials.find((trial) => trial.claimed === claimed && trial.genuine === genuine);
    const taken = agents.slice(0, each).map((agent) => first(agent, false));
    const genuine = agents.slice(each, 2 * each).map((agent) => first(agent, true));
    const play = (trials: readonly (Trial | undefined)[]) =>
      Promise.all(
        trials
          .filter((trial) => trial !== undefined)
          .map((trial) => claim(farm, set, trial, trial.takeoverMs ?? 150_000)),
      );
    const [takeovers, others] = await Promise.all([play(taken), play(genuine)]);
    for (const { held, takeover } of takeovers)
      t.comment(`taken over after ${(takeover / 1000).toFixed(0)} s, held after ${(held / 1000).toFixed(0)} s`);
    t.equal(takeovers.length + others.length, 2 * each, "all were played");
    const rightly = takeovers.filter(({ held, takeover }) => held > takeover && held < Number.POSITIVE_INFINITY);
    t.ok(rightly.length >= each - 1, `${rightly.length} of ${each} are held after the takeover`);
    const wrongly = others.filter(({ held }) => held < Number.POSITIVE_INFINITY);
    // Thin profiles (one enrolment recording) and a few minutes: the budget itself is measured by `samehand evaluate takeover`.
    t.ok(wrongly.length <= 1, `${wrongly.length} of ${each} genuine sessions are held`);
    const severed = store.decisions(500).filter(({ verdict }) => verdict === "sever");
    const genuineNames = new Set(genuine.map((trial) => trial?.claimed));
    t.equal(severed.filter(({ name }) => genuineNames.has(name ?? "")).length, 0, "no genuine session is severed");
  },
);
