/**
 * The longer run: `npm run fuzz -- [--seconds N] [--seed N] [--target NAME]`. Prints the seed, saves each target's
 * corpus and any finding under out/fuzz/, and exits 1 where a promise was broken.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() >>> 0) },
    target: { type: "string", default: "" },
  },
});
const seed = Number(values.seed);
const chosen = targets.filter(({ name }) => values.target === "" || name === values.target);
if (chosen.length === 0 || Number.isNaN(seed) || !(Number(values.seconds) > 0)) {
  console.error(
    `usage: npm run fuzz -- [--seconds N] [--seed N] [--target ${targets.map(({ name }) => name).join("|")}]`,
  );
  process.exit(2);
}

console.log(`seed ${seed}`);
for (const target of chosen) {
  const deadline = performance.now() + (Number(values.seconds) * 1000) / chosen.length;
  const report = fuzz(target, seed, () => performance.now() < deadline);
  const folder = `out/fuzz/${target.name}`;
  mkdirSync(folder, { recursive: true });
  for (const bytes of report.corpus) writeFileSync(`${folder}/${digest(bytes)}`, bytes);
  console.log(`${target.name}: ${report.runs} runs, ${report.accepted} accepted, corpus ${report.corpus.length}`);
  if (report.finding === null) continue;
  const file = `${folder}/finding-${digest(report.finding.bytes)}`;
  writeFileSync(file, report.finding.bytes);
  console.log(`${target.name}: broken by ${file}`, report.finding.error);
  process.exitCode = 1;
}

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
