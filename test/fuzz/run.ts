/**
 * The longer run: `npm run fuzz -- [--seconds N] [--seed N] [--target NAME]`. Goes on from the corpus of the run before,
 * saves each target's corpus and any finding under out/fuzz/ with a report, and exits 1 where a promise was broken.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
const report = [];
for (const target of chosen) {
  const folder = `out/fuzz/${target.name}`;
  const known = existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`)) : [];
  const deadline = performance.now() + (Number(values.seconds) * 1000) / chosen.length;
  const { runs, accepted, corpus, slowest, finding } = await fuzz(
    target,
    seed,
    () => performance.now() < deadline,
    known,
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const bytes of corpus) writeFileSync(`${folder}/${digest(bytes)}`, bytes);
  const { rss } = process.memoryUsage();
  const line = { target: target.name, runs, accepted, corpus: corpus.length, slowestMs: Math.round(slowest), rss };
  console.log(JSON.stringify(line));
  if (finding === null) report.push(line);
  else {
    const file = `${folder}/finding-${digest(finding.bytes)}`;
    writeFileSync(file, finding.bytes);
    console.log(`${target.name}: broken by ${file}`, finding.error);
    report.push({ ...line, finding: file });
    process.exitCode = 1;
  }
}
const total = report.reduce((sum, { runs }) => sum + runs, 0);
console.log(`${total} inputs, ${report.filter((line) => "finding" in line).length} findings`);
writeFileSync(
  "out/fuzz/report.json",
  `${JSON.stringify({ seed, seconds: Number(values.seconds), report }, null, 2)}\n`,
);

function digest(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
