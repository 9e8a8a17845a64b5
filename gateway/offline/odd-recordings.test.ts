/** What recordings of other people and programs may hold must be scored, or warned of, and never end an evaluation. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import t from "tap";
import { run } from "../commands/evaluate.ts";
import { run as train } from "../commands/train-background.ts";

const instruction = (...parts: (string | number)[]): string =>
  `${parts.map((part) => `${String(part).length}.${part}`).join(",")};\n`;
const key = (keysym: number, pressed: number, at: number): string => instruction("key", keysym, pressed, at);

function typed(person: number, keys: number, from = 0): string {
  let text = "";
  for (let index = 0; index < keys; index++) {
    const at = from + index * (150 + person * 9) + ((index * 7919) % 31);
    const keysym = 97 + ((index * 5 + ((index * index) % 7)) % 26);
    text += key(keysym, 1, at) + key(keysym, 0, at + 70 + person * 8 + ((index * 31) % 17));
  }
  return text;
}

function pointed(person: number, actions: number): string {
  let text = "";
  for (let action = 0; action < actions; action++) {
    const from = action * 2500;
    for (let step = 0; step < 20; step++) {
      const x = 50 + step * (5 + person) + ((action * 13) % 40);
      text += instruction("mouse", x, 80 + ((step * step * (person + 1)) % 60), 0, from + step * (9 + person));
    }
    text += instruction("mouse", 300, 90, 1, from + 400) + instruction("mouse", 300, 90, 0, from + 480 + person * 7);
  }
  return text;
}

const odd: Readonly<Record<string, string>> = {
  empty: "",
  keyboard: typed(1, 120),
  pointer: pointed(1, 30),
  stuck: Array.from({ length: 120 }, (_, index) => key(97 + (index % 26), 1, index * 140)).join(""),
  released: Array.from({ length: 60 }, (_, index) => key(97 + (index % 26), 0, index * 140)).join(""),
  twice: typed(1, 60)
    .split("\n")
    .flatMap((line) => (line === "" ? [] : [line, line]))
    .join("\n"),
  backwards: typed(1, 60, 1e6) + typed(1, 60),
  centuries: typed(1, 60) + typed(1, 60, 4e12),
  sentinels: Array.from({ length: 90 }, (_, index) =>
    instruction("mouse", index % 3 === 0 ? 65_535 : index, index % 3 === 0 ? -65_535 : 9, 0, index * 12),
  ).join(""),
  buttons: Array.from({ length: 90 }, (_, index) => instruction("mouse", 5, 5, index % 128, index * 30)).join(""),
  atOnce: Array.from({ length: 200 }, (_, index) => key(97 + (index % 26), index % 2, 5)).join(""),
  foreign: `${instruction("size", 0, 1024, 768)}${instruction("sync", 12)}${instruction("blob", 1, "AAAA")}${typed(1, 40)}`,
  broken: "3.key,2.97,1.1;garbage",
};

const streams = () => {
  const said = { out: "", err: "" };
  const io = {
    stdout: { write: (text: string) => (said.out += text) },
    stderr: { write: (text: string) => (said.err += text) },
    env: {},
  };
  return { said, io };
};

t.setTimeout(240_000);
const directory = t.testdir();
const set = join(directory, "odd");
mkdirSync(join(set, "probe"), { recursive: true });
const rows: string[] = [];
for (let person = 0; person < 8; person++) {
  mkdirSync(join(set, "enrol", `p${person}`), { recursive: true });
  for (const session of [0, 1])
    writeFileSync(
      join(set, "enrol", `p${person}`, `${session}.guac`),
      typed(person, 300, session * 9) + pointed(person, 20),
    );
  writeFileSync(join(set, "probe", `own${person}.guac.gz`), gzipSync(typed(person, 150, 33)));
  rows.push(`own${person},p${person},1`);
}
for (const [name, text] of Object.entries(odd)) {
  mkdirSync(join(set, "enrol", `odd-${name}`));
  writeFileSync(join(set, "enrol", `odd-${name}`, "0.guac"), text);
  writeFileSync(join(set, "probe", `${name}.guac`), text);
  for (const claimed of ["p1", `odd-${name}`]) rows.push(`${name},${claimed},${claimed === "p1" ? 0 : 1}`);
}
writeFileSync(join(set, "probe", "torn.guac.gz"), gzipSync(typed(2, 80)).subarray(0, 400));
writeFileSync(join(set, "probe", "cut.guac"), typed(2, 60).slice(0, -4));
rows.push("torn,p2,1", "cut,p2,1");
writeFileSync(join(set, "trials.csv"), `session,claimed,genuine\n${rows.join("\n")}\n`);

t.test("the same sets and seed train the same bytes", async (t) => {
  const clean = join(directory, "clean");
  for (let person = 0; person < 8; person++) {
    mkdirSync(join(clean, "enrol", `p${person}`), { recursive: true });
    for (const session of [0, 1, 2])
      writeFileSync(
        join(clean, "enrol", `p${person}`, `${session}.guac`),
        typed(person, 250, session * 9) + pointed(person, 12),
      );
  }
  mkdirSync(join(clean, "probe"));
  writeFileSync(join(clean, "trials.csv"), "session,claimed,genuine\n");
  const trained = async (name: string, ...options: readonly string[]): Promise<Buffer> => {
    const file = join(directory, name);
    const { io } = streams();
    t.equal(await train([clean, ...options, "--out", file], io), 0);
    return readFileSync(file);
  };
  const first = await trained("a.bin", "--network-steps", "0");
  t.ok(first.equals(await trained("b.bin", "--network-steps", "0")));
  t.ok(first.equals(await trained("c.bin", "--measure", join(directory, "a.bin"))), "and what measures again gives");
});

t.test("odd recordings are scored or warned of, each claim with a number", async (t) => {
  const { io, said } = streams();
  const out = join(directory, "results");
  t.equal(await run([set, "--background", join(directory, "a.bin"), "--out", out], io), 0);
  const lines = readFileSync(join(out, "scores.csv"), "utf8").trim().split("\n").slice(1);
  for (const row of rows)
    t.ok(
      lines.some((line) => line.startsWith(`${row},`)),
      row,
    );
  for (const line of lines) t.ok(Number.isFinite(Number(line.split(",")[6])), line);
  const warned = (text: string) => t.ok(said.err.includes(`warning: ${text}`), text);
  warned(
    `${join(set, "probe", "broken.guac")}:1, byte 15: input without a timestamp: it counts as far as it can be read`,
  );
  warned(`${join(set, "enrol", "odd-broken", "0.guac")}:1, byte 15: input without`);
  warned(`${join(set, "probe", "torn.guac.gz")}, byte 400: the zipped recording is cut off`);
  warned(`${join(set, "probe", "cut.guac")}:120, byte `);
  const keystrokes = (session: string): number =>
    Math.max(...lines.filter((line) => line.startsWith(`${session},`)).map((line) => Number(line.split(",")[4])));
  t.equal(keystrokes("cut"), 60, "what came before counts");
  t.ok(keystrokes("torn") > 10);
});

t.test("with jitter, stalls and a control too", async (t) => {
  const more = ["--jitter", "exp:20", "--stalls", "--control", "identities"];
  const out = join(directory, "more");
  t.equal(await run([set, "--background", join(directory, "a.bin"), "--out", out, ...more], streams().io), 0);
});
