/** The long soak: `npm run soak -- [--minutes N] [--hands N] [--seed N]`. Prints figures; exits 1 where one is bad. */
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { soak } from "./soak.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    hands: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});
const [minutes, hands, seed] = [Number(values.minutes), Number(values.hands), Number(values.seed)];
if (!(minutes > 0 && hands > 0) || Number.isNaN(seed)) {
  console.error("usage: npm run soak -- [--minutes N] [--hands N] [--seed N]");
  process.exit(2);
}
const report = await soak(minutes, hands, seed, collect);
console.log(JSON.stringify({ minutes, hands, seed, ...report }, null, 2));
const { lost, left, rejections, descriptors } = report;
process.exit(lost + left + rejections === 0 && descriptors[1] <= descriptors[0] ? 0 : 1);
