/**
 * `npm run accuracy -- [FOLDER] [OPTIONS]`: runs `samehand evaluate` over every set of recordings in a folder (by default
 * the `shared/data` beside the checkout), each as a farm and some also with people whom no background knows. Scores,
 * verdicts, tables and plots are left in out/accuracy/NAME, all tables in out/accuracy/report.md. `--all` goes through
 * jitter and stalls and the controls instead, aalto by the people kept out only; `--sets A,B` takes some sets only. Other
 * options are passed on to `samehand evaluate`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "..");
const out = join(root, "out/accuracy");

/** One table: a set, and how it is looked at. */
interface Look {
  readonly name: string;
  readonly set: string;
  readonly options: readonly string[];
  /** Sets that a prior is made of, where the shipped background knows the people of this one. */
  readonly prior?: readonly string[];
  /** Sets to train on besides the other half of the people, who are tested by halves. */
  readonly halves?: readonly string[];
}

const only = (...people: readonly string[]): string[] => people.flatMap((person) => ["--only", person]);
/** Two hundred of the three hundred people of aalto whom the shipped background does not know; each claims to be each. */
const strangers = [...only("a14*", "a15*"), "--everybody", "--farm", "off"];
const throttled = only("user12", "user15", "user16", "user21", "user23", "user29", "user35");

const shaken = ["--jitter", "exp:20"];

/** The keyboard of a prior is of no matter to hands: pace's typists make one, without a network, so that it takes seconds. */
const special: readonly Look[] = [
  { name: "aalto-strangers", set: "aalto", options: strangers },
  { name: "pace-alone", set: "pace", options: ["--farm", "off"] },
  { name: "balabit-prior", set: "balabit", options: [], prior: ["sapimouse", "mauth", "pace"] },
  { name: "balabit-prior-throttled", set: "balabit", options: throttled, prior: ["sapimouse", "mauth", "pace"] },
  { name: "mauth-prior", set: "mauth", options: [], prior: ["sapimouse", "balabit", "pace"] },
  { name: "sapimouse-halves", set: "sapimouse", options: [], halves: ["balabit", "pace"] },
];

const shakenHalves: readonly Look[] = [
  { name: "sapimouse-halves-jitter-20", set: "sapimouse", options: shaken, halves: ["balabit", "pace"] },
  {
    name: "sapimouse-halves-probes-jitter-20",
    set: "sapimouse",
    options: [...shaken, "--clean-enrolment"],
    halves: ["balabit", "pace"],
  },
];

const disturbed: readonly (readonly [string, readonly string[]])[] = [
  ["jitter-10", ["--jitter", "exp:10"]],
  ["jitter-20", ["--jitter", "exp:20"]],
  ["jitter-50", ["--jitter", "exp:50"]],
  ["stalls", ["--stalls"]],
  ["control-identities", ["--control", "identities"]],
  ["control-times", ["--control", "times"]],
];

const possible = (looks: readonly Look[], sets: readonly string[]): Look[] =>
  looks.filter(({ set, prior = [], halves = [] }) => [set, ...prior, ...halves].every((name) => sets.includes(name)));

const plain = (sets: readonly string[]): Look[] => [
  ...sets.map((set) => ({ name: set, set, options: [] })),
  ...possible(special, sets),
];

/** Every set through everything; of aalto the people kept out only, or it would take an hour. */
const swept = (sets: readonly string[]): Look[] => [
  ...disturbed.flatMap(([name, options]) =>
    sets.map((set) => ({
      name: `${set}-${name}`,
      set,
      options: [...(set === "aalto" ? strangers : []), ...options],
    })),
  ),
  ...possible(shakenHalves, sets),
];

const passed = process.argv.slice(2);
const folder = (passed[0] ?? "-").startsWith("-") ? undefined : passed.shift();
const data = resolve(folder ?? join(root, "../shared/data"));
const take = (option: string, values: number): string[] | null => {
  const at = passed.indexOf(option);
  return at < 0 ? null : passed.splice(at, 1 + values).slice(1);
};
const all = take("--all", 0) !== null;
const wanted = take("--sets", 1)?.[0]?.split(",");
const sets = (existsSync(data) ? readdirSync(data) : [])
  .filter((name) => existsSync(join(data, name, "enrol")))
  .filter((name) => wanted?.includes(name) ?? true);
if (sets.length === 0) {
  process.stderr.write(`no set of recordings in ${data}: give the folder that holds them\n`);
  process.exitCode = 2;
}

/** Runs it in the folder of the sets: jitter is drawn from a recording's path as given, and so is the same everywhere. */
function samehand(...args: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, [join(root, "gateway/main.ts"), ...args], {
    cwd: data,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) process.exitCode = 1;
  return status === 0;
}

/** A background of a few sets' people, made once. @returns its file */
function priorOf(sets: readonly string[]): string {
  const file = join(out, `prior-${sets.join("-")}.bin`);
  if (!made.has(file)) samehand("train-background", ...sets, ...withoutNetwork, "--no-peaks", "--out", file);
  made.add(file);
  return file;
}

/** What of a report stands in the overview: error rates of keys, areas under the curve of time. */
interface Told {
  readonly amounts: readonly { unit: string; value: number; eer: number; eerMean: number; auc: number }[];
  readonly takeovers: {
    readonly caught: number;
    readonly takeovers: number;
    readonly medianSeconds: number | null;
    readonly p90Seconds: number | null;
    readonly falseQuarantines: number;
    readonly genuineHours: number;
    readonly falseSevers: number;
  } | null;
}

function overviewOf(name: string, { amounts, takeovers }: Told): string {
  const at = (unit: string, value: number) => amounts.find((row) => row.unit === unit && row.value === value);
  const errors = [at("keys", 50), at("keys", 100)].map((row) =>
    row === undefined ? "" : `${row.eer.toFixed(2)} / ${row.eerMean.toFixed(2)}`,
  );
  const areas = [at("seconds", 15), at("seconds", 30), at("session", 1)].map((row) => row?.auc.toFixed(3) ?? "");
  const seconds = (value: number | null): string => (value === null ? "not caught" : `${value.toFixed(0)} s`);
  const ends =
    takeovers === null
      ? ""
      : `${takeovers.caught} of ${takeovers.takeovers}, ${seconds(takeovers.medianSeconds)}, ${seconds(takeovers.p90Seconds)}; ${takeovers.falseQuarantines} false in ${takeovers.genuineHours.toFixed(2)} h, ${takeovers.falseSevers} severed`;
  return `| ${[name, ...errors, ...areas, ends].join(" | ")} |`;
}

const overview = [
  "| | EER % at 50 keys: global / mean | at 100 keys | AUC at 15 s | at 30 s | whole sessions | takeovers caught, median, 90th percentile; the genuine |",
  "|---|---|---|---|---|---|---|",
];
const withoutNetwork = ["--network-steps", "0"];
const made = new Set<string>();
const minutes = (since: number): string => ((performance.now() - since) / 60_000).toFixed(1);
const begun = performance.now();
const reports: string[] = [];
mkdirSync(out, { recursive: true });
const looks = all ? swept(sets) : plain(sets);
for (const [index, { name, set, options, prior, halves }] of looks.entries()) {
  const from = performance.now();
  process.stderr.write(`${name} (${index + 1} of ${looks.length}, ${minutes(begun)} minutes so far)\n`);
  const into = join(out, name);
  const background = prior === undefined ? [] : ["--background", priorOf(prior)];
  const folds =
    halves === undefined
      ? []
      : ["--cross-fold", "2", ...withoutNetwork, ...halves.flatMap((other) => ["--train", other])];
  if (!samehand("evaluate", set, "--out", into, ...options, ...background, ...folds, ...passed)) continue;
  const report = readFileSync(join(into, "report.md"), "utf8").replace(/^# .*/, `# ${name}`);
  overview.push(overviewOf(name, JSON.parse(readFileSync(join(into, "report.json"), "utf8")) as Told));
  reports.push(`${report}\nTook ${minutes(from)} minutes.\n`);
}
if (reports.length > 0) {
  const file = join(out, all ? "report-all.md" : "report.md");
  const text = `${overview.join("\n")}\n\n${reports.join("\n")}`;
  writeFileSync(file, text);
  process.stdout.write(`${text}\n${minutes(begun)} minutes in all; the tables are in ${file}\n`);
}
