/**
 * `npm run accuracy -- [FOLDER] [OPTIONS]`: makes the tables of docs/ACCURACY.md from a folder of sets of recordings (by
 * default the `shared/data` beside the checkout): each set as a farm, and some with people whom no background knows.
 * `--all` makes the rest too: jitter, its draws, stalls, controls, and what the bench measures (the budget, poisoning,
 * cost). `--sets A,B` takes some sets only, `--looks NAME,NAME*` some of all tables by name (`--looks ?` tells the names).
 * Other options are passed on to `samehand evaluate`.
 * Scores, verdicts, tables and plots are left in out/accuracy/NAME; out/accuracy/report.md has all tables that are there,
 * those of earlier runs among them.
 */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { names } from "../gateway/offline/set.ts";
import { drawnAgain, type Look, losses, plain, type Run, runs, swept } from "./accuracy/looks.ts";
import { lossesOf, overviewOf, type Told } from "./accuracy/overview.ts";

const root = join(import.meta.dirname, "..");
const out = join(root, "out/accuracy");
const withoutNetwork = ["--network-steps", "0"];

const passed = process.argv.slice(2);
const folder = (passed[0] ?? "-").startsWith("-") ? undefined : passed.shift();
const data = resolve(folder ?? join(root, "../shared/data"));
const take = (option: string, values: number): string[] | null => {
  const at = passed.indexOf(option);
  return at < 0 ? null : passed.splice(at, 1 + values).slice(1);
};
const all = take("--all", 0) !== null;
const chosenSets = take("--sets", 1)?.[0]?.split(",");
const patterns = take("--looks", 1)?.[0]?.split(",");
const wanted = ({ name }: { readonly name: string }): boolean =>
  patterns?.some((pattern) => names(pattern, name)) ?? true;

const made = new Set<string>();
const begun = performance.now();
const minutes = (since: number): string => ((performance.now() - since) / 60_000).toFixed(1);

/** Runs a program in the folder of the sets. @param into a file for what it prints; null: nowhere */
function ran(program: string, args: readonly string[], into: string | null): boolean {
  const file = into === null ? null : openSync(into, "w");
  const { status } = spawnSync(process.execPath, [join(root, program), ...args], {
    cwd: data,
    stdio: ["ignore", file ?? "ignore", "inherit"],
  });
  if (file !== null) closeSync(file);
  if (status !== 0) process.exitCode = 1;
  return status === 0;
}

/** A background of a few sets' people, made once. @returns its file */
function priorOf(sets: readonly string[]): string {
  const file = join(out, `prior-${sets.join("-")}.bin`);
  if (!made.has(file))
    ran("gateway/main.ts", ["train-background", ...sets, ...withoutNetwork, "--no-peaks", "--out", file], null);
  made.add(file);
  return file;
}

function evaluated({ name, set, options, prior, halves }: Look): boolean {
  const background = prior === undefined ? [] : ["--background", priorOf(prior)];
  const folds =
    halves === undefined
      ? []
      : ["--cross-fold", "2", ...withoutNetwork, ...halves.flatMap((other) => ["--train", other])];
  const args = ["evaluate", set, "--out", join(out, name), ...options, ...background, ...folds, ...passed];
  return ran("gateway/main.ts", args, null);
}

const benched = ({ name, program, args }: Run): boolean =>
  ran(
    program,
    args.map((arg) => arg.replace("FOLDER", data)),
    join(out, `${name}.md`),
  );

/** Everything that there is, of this run and of earlier ones, as one report. */
function reportOf(looks: readonly Look[]): string {
  const told = new Map<string, Told>();
  const texts: string[] = [];
  for (const { name } of looks) {
    const file = join(out, name, "report.json");
    if (!existsSync(file)) continue;
    told.set(name, JSON.parse(readFileSync(file, "utf8")) as Told);
    texts.push(readFileSync(join(out, name, "report.md"), "utf8").replace(/^# .*/, `# ${name}`));
  }
  for (const { name, program, args } of runs) {
    const file = join(out, `${name}.md`);
    if (existsSync(file))
      texts.push(`# ${name}\n\nMade by \`node ${[program, ...args].join(" ")}\`.\n\n${readFileSync(file, "utf8")}`);
  }
  return [overviewOf(told), lossesOf(losses, told), ...texts].filter((text) => text !== "").join("\n\n");
}

const present = (existsSync(data) ? readdirSync(data) : []).filter((name) => existsSync(join(data, name, "enrol")));
const sets = present.filter((name) => chosenSets?.includes(name) ?? true);
if (sets.length === 0) {
  process.stderr.write(`no set of recordings in ${data}: give the folder that holds them\n`);
  process.exitCode = 2;
}
const byName = (looks: readonly Look[]): Look[] => [...new Map(looks.map((look) => [look.name, look])).values()];
const everything = byName([...plain(present), ...swept(present), ...drawnAgain(present)]);
const most = all || patterns !== undefined;
const looks = byName([...plain(sets), ...(most ? [...swept(sets), ...drawnAgain(sets)] : [])]).filter(wanted);
const benches = most && chosenSets === undefined ? runs.filter(wanted) : [];
if (sets.length > 0 && looks.length + benches.length === 0) {
  const known = [...everything, ...runs].map(({ name }) => name);
  process.stderr.write(`--looks ${patterns?.join(",")}: there are ${known.join(", ")}\n`);
  process.exitCode = 2;
}

mkdirSync(out, { recursive: true });
let done = 0;
const tell = (name: string): void =>
  void process.stderr.write(
    `${name} (${++done} of ${looks.length + benches.length}, ${minutes(begun)} minutes so far)\n`,
  );
let succeeded = 0;
for (const look of looks) {
  tell(look.name);
  if (evaluated(look)) succeeded++;
}
for (const run of benches) {
  tell(run.name);
  if (benched(run)) succeeded++;
}
if (succeeded > 0) {
  const file = join(out, "report.md");
  const text = reportOf(everything);
  writeFileSync(file, text);
  process.stdout.write(`${text}\n${minutes(begun)} minutes in all; the tables are in ${file}\n`);
}
