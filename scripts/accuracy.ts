/**
 * `npm run accuracy -- [FOLDER] [OPTIONS]`: runs `samehand evaluate` over every set of recordings in a folder (by default
 * the `shared/data` beside the checkout) with the options given, and leaves scores, verdicts, tables and plots in
 * out/accuracy/SET and all tables in out/accuracy/report.md. `--all` adds the controls and the sweeps of jitter and
 * stalls, each in a folder of its own: an hour's work.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "..");
const every = [
  { name: "", options: [] },
  { name: "jitter-10", options: ["--jitter", "exp:10"] },
  { name: "jitter-20", options: ["--jitter", "exp:20"] },
  { name: "jitter-50", options: ["--jitter", "exp:50"] },
  { name: "stalls", options: ["--stalls"] },
  { name: "control-identities", options: ["--control", "identities"] },
  { name: "control-times", options: ["--control", "times"] },
];

const given = process.argv.slice(2).filter((each) => each !== "--all");
const folder = (given[0] ?? "-").startsWith("-") ? undefined : given.shift();
const data = resolve(folder ?? join(root, "../shared/data"));
const runs = process.argv.includes("--all") ? every : every.slice(0, 1);
const sets = existsSync(data) ? readdirSync(data).filter((name) => existsSync(join(data, name, "enrol"))) : [];
if (sets.length === 0) {
  process.stderr.write(`no set of recordings in ${data}: give the folder that holds them\n`);
  process.exitCode = 2;
}

const minutes = (since: number): string => ((performance.now() - since) / 60_000).toFixed(1);
const begun = performance.now();
const reports: string[] = [];
for (const { name, options } of runs)
  for (const [index, set] of sets.entries()) {
    const from = performance.now();
    process.stderr.write(`${set} ${name} (${index + 1} of ${sets.length}, ${minutes(begun)} minutes so far)\n`);
    const out = join(root, "out/accuracy", name, set);
    const args = ["evaluate", join(data, set), "--out", out, ...options, ...given];
    const { status } = spawnSync(process.execPath, [join(root, "gateway/main.ts"), ...args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) process.exitCode = 1;
    else reports.push(`${readFileSync(join(out, "report.md"), "utf8")}\nTook ${minutes(from)} minutes.\n`);
  }
if (reports.length > 0) {
  const file = join(root, "out/accuracy/report.md");
  mkdirSync(join(root, "out/accuracy"), { recursive: true });
  writeFileSync(file, reports.join("\n"));
  process.stdout.write(`${reports.join("\n")}\n${minutes(begun)} minutes in all; the tables are in ${file}\n`);
}
