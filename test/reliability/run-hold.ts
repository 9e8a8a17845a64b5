/**
 * Long and repeated holds on real parts: `npm run hold -- [--minutes N] [--rounds N]`. Holds a session for so long, and
 * holds and releases both clients in Chromium so many times for each kind of motion. Prints figures; exits 1 where one
 * is bad. Times are the median and the 99th percentile in ms: until the picture is back after a release, until a new
 * viewer has one, and until all of it is X's after the desktop stood still.
 */
import { parseArgs } from "node:util";
import { startChromium } from "../parts/chromium.ts";
import type { Motion } from "../parts/desktop.ts";
import { startFarm } from "../parts/farm.ts";
import { clients, returned } from "./returned.ts";
import { withheld } from "./withheld.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, rounds: { type: "string", default: "0" } },
});
const [minutes, rounds] = [Number(values.minutes), Number(values.rounds)];
if (!(minutes >= 0 && rounds >= 0)) {
  console.error("usage: npm run hold -- [--minutes N] [--rounds N]");
  process.exit(2);
}
const motions: readonly Motion[] = ["still", "typing", "scroll", "video"];
const at = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
let bad = 0;

if (minutes > 0) {
  const farm = await startFarm();
  const report = await withheld(farm, minutes * 60);
  await farm.stop();
  console.log(JSON.stringify(report));
  if (report.events + report.foreign.length > 0 || !report.alive) bad += 1;
}
if (rounds > 0) {
  const chromium = await startChromium();
  for (const client of Object.keys(clients))
    for (const motion of motions) {
      const found = await returned(chromium, client, [motion], rounds);
      const sorted = (of: "millis" | "anew" | "right"): number[] =>
        found.map((each) => each[of]).toSorted((a, b) => a - b);
      const count = (verdict: string): number => found.filter((each) => each.verdict === verdict).length;
      const [back, anew, right] = [sorted("millis"), sorted("anew"), sorted("right")];
      const figures = { exact: count("exact"), jpeg: count("jpeg"), wrong: count("wrong") };
      const spread = (each: readonly number[]): string => `${at(each, 0.5)} ${at(each, 0.99)}`;
      const millis = { back: spread(back), anew: spread(anew), right: spread(right) };
      console.log(JSON.stringify({ client, motion, rounds, ...figures, ...millis }));
      bad += figures.wrong;
    }
  await chromium.stop();
}
process.exit(bad === 0 ? 0 : 1);
