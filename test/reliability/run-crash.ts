/** `npm run crash -- [--kills N] [--seed N]`: prints what was killed and what was lost; exits 1 where anything was. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crash } from "./crash.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!Number.isInteger(kills) || kills < 1 || Number.isNaN(seed)) {
  console.error("usage: npm run crash -- [--kills N] [--seed N]");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "samehand-crash-"));
try {
  const report = await crash(join(folder, "store.db"), kills, seed);
  console.log(JSON.stringify({ seed, ...report }, null, 2));
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
