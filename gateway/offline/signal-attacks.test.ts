import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { Typist } from "../../test/parts/typist.ts";
import { run } from "../commands/evaluate.ts";
import { mostPerHour } from "./rate-bound.ts";

const element = (value: string | number): string => `${String(value).length}.${value}`;
const line = (...parts: (string | number)[]): string => `${parts.map(element).join(",")};\n`;

/** A recording of a synthetic person's work. */
const recording = (seed: number, keys: number): string =>
  new Typist(seed)
    .work(keys)
    .map((event) => {
      const at = Math.round(event.at);
      if (event.kind === "key") return line("key", event.keysym, event.pressed ? 1 : 0, at);
      return line("mouse", event.x, event.y, event.mask, at);
    })
    .join("");

/** Runs the command. @returns its exit code and what it printed */
async function evaluated(args: string[]): Promise<{ code: number; out: string }> {
  let out = "";
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write() {} }, env: {} };
  return { code: await run(["signals", ...args], io), out };
}

t.test("people have no signal, most scripts do, and both are told with what bounds them", async (t) => {
  const set = join(t.testdir(), "made-up");
  for (const seed of [1, 2]) {
    mkdirSync(join(set, "enrol", `p${seed}`), { recursive: true });
    writeFileSync(join(set, "enrol", `p${seed}`, "one.guac"), recording(seed, 700));
  }
  mkdirSync(join(set, "probe"));
  writeFileSync(join(set, "probe", "later.guac"), recording(1, 200));
  writeFileSync(join(set, "trials.csv"), "session,claimed,genuine\nlater,p1,1\nlater,p2,0\n");
  const { code, out } = await evaluated([set, "--attacks", "2", "--json"]);
  t.equal(code, 0);
  const { people, attacks } = JSON.parse(out) as {
    people: {
      half: number;
      people: number;
      keystrokes: number;
      signals: Record<string, number>;
      mostPerHour: number;
    }[];
    attacks: { attack: string; jitter: number; tried: number; found: number; median: number }[];
  };
  t.match(people, [
    { half: 1, people: 1, signals: { "scripted-typing": 0, "scripted-pointing": 0 } },
    { half: 2, people: 1, signals: { "scripted-typing": 0, "scripted-pointing": 0 } },
  ]);
  t.ok(people[0].keystrokes > people[1].keystrokes, "a probe is its owner's, once");
  const found = (name: string): number[] =>
    attacks
      .filter(({ attack, jitter }) => attack.startsWith(name) && jitter === 0)
      .map((each) => each.found / each.tried);
  for (const name of ["constant", "xdotool", "pyautogui", "pasted", "USB", "AI operator", "line", "curve at one speed"])
    for (const share of found(name)) t.equal(share, 1, name);
  t.same(found("jump to a random place in the target"), [0], "as fingers do");
  const { out: told } = await evaluated([set, "--attacks", "0", "--dvorak", "--jitter", "exp:5"]);
  t.match(told, /^0 signals of people in \d\.\d active hours: at most one in \d+ h \(95 %\)\.$/m);
  await t.rejects(evaluated([]), { code: "usage" });
  await t.rejects(evaluated([set, "--attacks", "many"]), { code: "usage" });
});

t.test("how often what was seen so often may happen", (t) => {
  t.match(mostPerHour(0, 1).toFixed(3), "2.996", "the rule of three");
  t.match(mostPerHour(2, 10).toFixed(4), "0.6296");
  t.equal(mostPerHour(0, 0), Number.POSITIVE_INFINITY);
  t.end();
});
