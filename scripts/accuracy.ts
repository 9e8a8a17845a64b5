/**
 * `npm run accuracy -- [FOLDER]`: runs `samehand evaluate` over every set of recordings in a folder (by default the
 * `shared/data` beside the checkout) and leaves scores, verdicts, tables and plots in out/accuracy/SET.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";

const root = join(import.meta.dirname, "..");
const [folder = join(root, "../shared/data"), ...options] = process.argv.slice(2);
const data = resolve(folder);
const sets = existsSync(data) ? readdirSync(data).filter((name) => existsSync(join(data, name, "enrol"))) : [];
if (sets.length === 0) {
  process.stderr.write(`no set of recordings in ${data}: give the folder that holds them\n`);
  process.exitCode = 2;
}
for (const set of sets) {
  const out = join(root, "out/accuracy", set);
  const args = [join(root, "gateway/main.ts"), "evaluate", join(data, set), "--out", out, ...options];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
