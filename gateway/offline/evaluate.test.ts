import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import t from "tap";
import { Background, unmeasured } from "../../models/background.ts";
import { trainKeyboard } from "../../models/keyboard/train.ts";
import { seeded } from "../../models/metrics.ts";
import { trainPointer } from "../../models/pointer/train.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { run } from "../commands/evaluate.ts";
import { run as score } from "../commands/score.ts";
import { buttonMask, keysym, millis } from "../core/units.ts";
import { Inspector } from "../inspect/inspector.ts";
import { RecordingReader } from "../protocol/guacamole/recording.ts";
import { DistortedSink, undistorted } from "./distortion.ts";
import { enrolFrom } from "./enrolled.ts";
import { nameIn, openSet, probeOf } from "./set.ts";
import { actionsOf, keystrokesOf, readTape, type Tape } from "./tape.ts";
import { momentOf, scoreTape } from "./trial.ts";

/** One synthetic person's recording: words and pointer movements, with that person's times. */
function recording(person: number, session: number, keys: number, from = 1000): string {
  const random = seeded(person * 1000 + session);
  const words = "the quick brown fox jumps over lazy dogs and then sits down to rest for an hour ";
  const element = (value: string | number): string => `${String(value).length}.${value}`;
  const instruction = (...parts: (string | number)[]): string => `${parts.map(element).join(",")};\n`;
  let text = "";
  let at = from;
  for (let index = 0; index < keys; index++) {
    const keysym = words.charCodeAt((index + session * 7) % words.length);
    const hold = Math.round(60 + 15 * person + 12 * random());
    text += instruction("key", keysym, 1, at) + instruction("key", keysym, 0, at + hold);
    at += hold + Math.round(30 + 22 * person + 25 * random());
    if (index % 20 !== 19) continue;
    for (let step = 0; step < 30; step++) {
      at += Math.round(8 + person);
      const x = 100 + Math.round(step * (4 + person) + 3 * random());
      text += instruction("mouse", x, 200 + Math.round(Math.sin(step / (3 + person)) * 20), 0, at);
    }
    text +=
      instruction("mouse", 220, 200, 1, at + 40) + instruction("mouse", 220, 200, 0, at + Math.round(90 + 20 * person));
    at += 1500;
  }
  return text;
}

const people = 6;

function writeSet(directory: string, takeovers: boolean): void {
  mkdirSync(join(directory, "probe"), { recursive: true });
  const rows: string[] = [];
  for (let person = 0; person < people; person++) {
    const folder = join(directory, "enrol", `p${person}`);
    mkdirSync(folder, { recursive: true });
    for (const session of [0, 1]) writeFileSync(join(folder, `s${session}.guac`), recording(person, session, 400));
    const own = recording(person, 2, 200);
    const other = (person + 3) % people;
    if (takeovers) {
      const end = Number(/\.(\d+);\n$/.exec(own)?.[1]);
      writeFileSync(join(directory, "probe", `p${person}-t.guac`), own + recording(other, 3, 300, end + 500));
      writeFileSync(join(directory, "probe", `p${person}-g.guac`), own);
      rows.push(`p${person}-g,p${person},,,${end}`, `p${person}-t,p${person},${end + 500},p${other},${2 * end}`);
    } else {
      writeFileSync(join(directory, "probe", `p${person}.guac`), own);
      for (let claimed = 0; claimed < people; claimed++)
        rows.push(`p${person},p${claimed},${claimed === person ? 1 : 0}`);
    }
  }
  const header = takeovers ? "session,claimed,takeover_ms,impostor,duration_ms" : "session,claimed,genuine";
  writeFileSync(join(directory, takeovers ? "takeovers.csv" : "trials.csv"), `${[header, ...rows].join("\n")}\n`);
}

/** A background of other synthetic people. */
function backgroundFile(directory: string): string {
  const others = Array.from({ length: 12 }, (_, index) => {
    const tapes = [0, 1, 2].map((session) => {
      const file = join(directory, `other-${index}-${session}.guac`);
      writeFileSync(file, recording(index / 2 + 0.25, session + 10, 300));
      return readTape(file, undistorted);
    });
    return { id: `set/other-${index}`, tapes };
  });
  const keyboard = trainKeyboard(
    others.map(({ id, tapes }) => ({ id, set: "set", sittings: tapes.map(keystrokesOf) })),
    { seed: 1, networkSteps: 0 },
  );
  const pointer = trainPointer(
    others.map(({ id, tapes }) => ({ name: id, sessions: tapes.map(actionsOf) })),
    { seed: 1 },
  );
  const peaks = Array.from({ length: 100 }, (_, index) => -5 + index / 50);
  const facts = { ...unmeasured, peaks, sets: [], seed: 1, keyboardPeople: 12, pointerPeople: 12 };
  const file = join(directory, "background.bin");
  writeFileSync(file, new Background(facts, keyboard, pointer).encode());
  return file;
}

const io = () => {
  const out = { text: "", errors: "" };
  return {
    out,
    io: {
      stdout: { write: (text: string) => (out.text += text) },
      stderr: { write: (text: string) => (out.errors += text) },
      env: {},
    },
  };
};

const directory = t.testdir();
const background = backgroundFile(directory);

t.test("a set is evaluated from start to end, in the form that stays", async (t) => {
  const set = join(directory, "plain");
  writeSet(set, false);
  // What real sets have: nobody to enrol from, a session that is not there, an agent who is unknown, an empty one.
  mkdirSync(join(set, "enrol", "nobody"));
  writeFileSync(join(set, "probe", "silent.guac"), "");
  const trials = join(set, "trials.csv");
  writeFileSync(trials, `${readFileSync(trials, "utf8")}p0,nobody,0\ngone,p0,0\np0,stranger,0\nsilent,p1,1\n`);
  const { io: streams, out } = io();
  const results = join(directory, "results");
  t.equal(await run([set, "--background", background, "--out", results, "--json"], streams), 0);
  const report = JSON.parse(out.text) as { trials: number; amounts: { unit: string; value: number; eer: number }[] };
  t.equal(report.trials, people * people + 4);
  const at100 = report.amounts.find((row) => row.unit === "keys" && row.value === 100);
  t.ok(at100 !== undefined && at100.eer < 20, `EER ${at100?.eer}`);
  const warnings = readFileSync(join(results, "warnings.txt"), "utf8").trim().split("\n");
  const rows = people * people + 1;
  t.strictSame(warnings.toSorted(), [
    `${join(set, "enrol", "nobody")} has nothing to enrol from`,
    `${join(set, "probe", "silent.guac")} holds no keystroke and no pointing`,
    `${trials}:${rows + 2} session "gone" has no recording in probe/`,
    `${trials}:${rows + 3} claims "stranger", who has no folder in enrol/: scored as nobody known`,
  ]);
  for (const warning of warnings) t.ok(out.errors.includes(warning), warning);
  const [header, ...lines] = readFileSync(join(results, "scores.csv"), "utf8").trim().split("\n");
  t.equal(header, "session,claimed,genuine,t_ms,keystrokes,actions,llr");
  for (const line of lines) t.match(line, /^[\w-]+,\w+,[01],\d+,\d+,\d+,-?\d+(\.\d+)?$/);
  for (const empty of ["gone,p0,0,", "silent,p1,1,"]) {
    const own = lines.filter((line) => line.startsWith(empty));
    t.equal(own.length, 1, empty);
    t.ok(own[0]?.endsWith(",0,0,0"), "one row with LLR 0");
  }
  t.ok(
    lines.filter((line) => line.startsWith("p0,nobody,")).every((line) => Number.isFinite(Number(line.split(",")[6]))),
  );
  const own = lines.filter((line) => line.startsWith("p1,p1,")).map((line) => line.split(",").map(Number));
  for (let index = 1; index < own.length; index++) {
    const [now, before] = [own[index], own[index - 1]];
    if (now === undefined || before === undefined) continue;
    t.ok(now[4] - before[4] <= 25 && now[5] - before[5] <= 10 && now[3] - before[3] <= 15_000, "often enough");
    t.ok(now[3] >= before[3] && now[4] >= before[4], "cumulative");
  }
});

t.test("only some people are looked at, and each session claimed by each of them", async (t) => {
  const set = join(directory, "some");
  writeSet(set, false);
  writeFileSync(join(set, "trials.csv"), "session,claimed,genuine\np0,p0,1\np1,p1,1\np2,p2,1\np2,p0,0\np1,p0,0\n");
  const trialsOf = async (...options: string[]): Promise<string[]> => {
    const out = join(directory, "some-results");
    await run([set, "--background", background, "--out", out, ...options], io().io);
    const lines = readFileSync(join(out, "scores.csv"), "utf8").trim().split("\n").slice(1);
    return [...new Set(lines.map((line) => line.split(",").slice(0, 3).join(" ")))];
  };
  t.strictSame(await trialsOf("--only", "p0", "--only", "p2"), ["p0 p0 1", "p2 p2 1", "p2 p0 0"]);
  const square = ["p0 p0 1", "p0 p1 0", "p1 p0 0", "p1 p1 1"];
  t.strictSame(await trialsOf("--only", "p0", "--only", "p1*", "--everybody", "--farm", "off"), square);
});

t.test("a draw of delays is the same wherever the set lies, and others can be had", (t) => {
  const moved = join(directory, "elsewhere/some");
  cpSync(join(directory, "some"), moved, { recursive: true });
  const times = (folder: string, seed: number, session: string): number[] => {
    const set = openSet(folder);
    const file = probeOf(set, session) ?? "";
    return readTape(file, { jitter: 20, stalls: false, seed }, nameIn(set, file)).seen.map(({ at }) => at);
  };
  const here = times(join(directory, "some"), 1, "p0");
  t.strictSame(times(relative(process.cwd(), moved), 1, "p0"), here);
  t.notSame(times(moved, 2, "p0"), here);
  t.notSame(times(moved, 1, "p1"), here);
  t.end();
});

t.test(
  "controls keep no time: the order of keys and how long a movement was are left by one, taken away by the other",
  (t) => {
    const seen = (control: "times" | "shapes"): string[] => {
      const said: string[] = [];
      const to = {
        key: (_: number, keysym: number, pressed: boolean) => said.push(`${keysym}${pressed ? "+" : "-"}`),
        pointer: (_: number, x: number) => said.push(String(x)),
      };
      const sink = new DistortedSink(to, { jitter: 0, stalls: false, control }, "name");
      const key = (at: number, name: number, pressed: boolean) => sink.key(millis(at), keysym(name), pressed);
      key(0, 97, true);
      key(80, 98, true);
      key(90, 97, false);
      key(170, 98, false);
      for (let x = 0; x <= 60; x += 10) sink.pointer(millis(200 + x), x, 0, buttonMask(0));
      return said;
    };
    t.strictSame(seen("times"), ["97+", "98+", "97-", "98-", "0", "10", "20", "30", "40", "50", "60"]);
    t.strictSame(seen("shapes"), ["97+", "97-", "98+", "98-", "0", "30", "60"]);
    t.end();
  },
);

t.test("takeovers are judged by trust filter and policy", async (t) => {
  const set = join(directory, "taken");
  writeSet(set, true);
  const { io: streams, out } = io();
  const results = join(directory, "taken-results");
  t.equal(await run([set, "--background", background, "--out", results, "--json"], streams), 0);
  const lines = readFileSync(join(results, "verdicts.csv"), "utf8").trim().split("\n");
  t.equal(lines[0], "session,claimed,verdict,t_ms,trust,keystrokes,actions");
  for (const line of lines.slice(1)) t.match(line, /^[\w-]+,\w+,(quarantine|sever|end),\d+,\d+(\.\d+)?,\d+,\d+$/);
  t.equal(lines.filter((line) => line.includes(",end,")).length, 2 * people);
  const table = (JSON.parse(out.text) as { takeovers: { caught: number; falseSevers: number } }).takeovers;
  t.equal(table.falseSevers, 0);
  t.ok(table.caught >= people / 2, `${table.caught} caught`);
});

t.test("the same recording gives the same scores, streamed as a live session or from a tape", (t) => {
  const shipped = Background.load(background);
  const file = join(directory, "one.guac");
  const text = recording(2, 5, 260);
  writeFileSync(file, text);
  const enrolled = join(directory, "enrolled.guac");
  writeFileSync(enrolled, recording(2, 0, 500));
  const profile = enrolFrom(shipped, [readTape(enrolled, undistorted)]);
  const tape = readTape(file, undistorted);
  const first = new Verifier(shipped, profile);
  const offline = scoreTape(tape, first);
  t.strictSame(
    scoreTape(tape, first.again(shipped.keyboard.reading(keystrokesOf(tape)))),
    offline,
    "read once for all",
  );
  t.strictSame(scoreTape(tape, first.again(null)), offline);
  const verifier = new Verifier(shipped, Profile.decode(profile.encode(), shipped));
  const inspector = new Inspector({ verifier, enrolment: null });
  const reader = new RecordingReader("live", inspector);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 37) reader.read(bytes.subarray(at, at + 37));
  reader.end();
  inspector.flush();
  const last = offline.at(-1);
  t.equal(inspector.keystrokes, last?.keystrokes);
  t.equal(inspector.actions, last?.actions);
  t.equal(verifier.sessionLlr(), last?.llr);
  t.end();
});

t.test("score prints the same rows for a folder to enrol from", async (t) => {
  const set = join(directory, "plain");
  const { io: streams, out } = io();
  const args = [join(set, "probe", "p0.guac"), "--enrol", join(set, "enrol", "p0"), "--background", background];
  t.equal(await score(args, streams), 0);
  const [header, ...lines] = out.text.trim().split("\n");
  t.equal(header, "session,claimed,t_ms,keystrokes,actions,llr");
  t.ok(Number(lines.at(-1)?.split(",")[5]) > 0, "the agent's own session speaks for the agent");
});

t.test("a recording by the wall clock has its takeover from its start on", (t) => {
  const tape = { name: "", start: millis(1_700_000_000_000), end: millis(1_700_000_900_000), seen: [] };
  t.equal(momentOf(5000, tape), tape.start + 5000);
  t.equal(momentOf(tape.start + 7000, tape), tape.start + 7000);
  t.equal(momentOf(5000, { ...tape, start: millis(1000) }), 5000);
  t.end();
});

t.test("where a control draws the times, the takeover comes with the event that it came with", (t) => {
  const file = join(directory, "control.guac");
  writeFileSync(file, recording(1, 3, 100));
  const clean = readTape(file, undistorted);
  const takeover = clean.seen[60].at;
  const before = (moment: number, { seen }: Tape): number => seen.filter(({ at }) => at < moment).length;
  const moments = [1, 2].map((seed) => {
    const drawn = readTape(file, { ...undistorted, control: "times", seed }, "name");
    const moment = momentOf(takeover, drawn);
    t.equal(before(moment, drawn), before(takeover, clean));
    return moment;
  });
  t.not(moments[0], moments[1]);
  const shapes = readTape(file, { ...undistorted, control: "shapes" }, "name");
  t.ok(momentOf(takeover, shapes) < shapes.end);
  t.equal(momentOf(clean.end + 1, shapes), Number.POSITIVE_INFINITY);
  t.end();
});

t.test("what is not a set says what is missing in which file and line", async (t) => {
  const set = join(directory, "wrong");
  const says = async (message: RegExp, ...options: string[]) =>
    t.rejects(run([set, "--background", background, ...options], io().io), { message });
  mkdirSync(set);
  await says(/wrong has no folder enrol\/ \(set-malformed/);
  await t.rejects(run([directory], io().io), { message: /but these in it do: .*plain/ });
  mkdirSync(join(set, "enrol"));
  await says(/no folder of an agent's recordings/);
  writeSet(set, false);
  const trials = join(set, "trials.csv");
  for (const [text, detail] of [
    ["", ":1 lacks column session, claimed, genuine"],
    ["session,claimed,genuine\n", " has no trial"],
    ['"session","claimed","genuine"\n', ":1 lacks column"],
    ["session,claimed,genuine\np0,p0,1\np0,p1\n", ":3 has 2 fields, not 3"],
    ["session,claimed,genuine\np0,p0,1\np0,p1,no\n", ":3 genuine is neither 0 nor 1"],
  ] as const) {
    writeFileSync(trials, text);
    await says(new RegExp(`trials\\.csv${detail}`));
  }
  rmSync(trials);
  await says(/trials\.csv is missing/);
  writeFileSync(join(set, "takeovers.csv"), "session,claimed,takeover_ms,impostor\np0,p0,-5,p1\n");
  await says(/takeovers.csv:2 takeover_ms is not a number of milliseconds/);
  writeFileSync(trials, "session,claimed,genuine\np0,p0,1\n");
  rmSync(join(set, "takeovers.csv"));
  await says(/--only q\*: no trial .*\(usage/, "--only", "q*");
});

t.test("wrong arguments are usage errors", async (t) => {
  for (const args of [
    [],
    ["a", "b"],
    ["a", "--farm", "maybe"],
    ["a", "--jitter", "20"],
    ["a", "--draw", "x"],
    ["a", "--control", "y"],
    ["a", "--cross-fold", "x"],
  ])
    await t.rejects(run(args, io().io), { code: "usage" });
  await t.rejects(run(["/nowhere"], io().io), { code: "set-malformed" });
});
