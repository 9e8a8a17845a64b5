import t from "tap";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { soak } from "./soak.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

t.test("mixed sessions with faults leave nothing behind", { timeout: 60_000 }, async (t) => {
  const report = await soak(0.2, 8, 1, collect);
  t.ok(report.sessions > 20, `${report.sessions} sessions`);
  t.ok(report.faults > 5);
  t.equal(report.lost, 0, "keys of sessions that lived");
  t.equal(report.left, 0, "sessions that stayed behind");
  t.equal(report.rejections, 0);
  t.ok(report.descriptors[1] <= report.descriptors[0], `descriptors ${report.descriptors.join(" to ")}`);
  t.ok(report.heap[1] < 1.5 * report.heap[0] + 20e6, `heap ${report.heap.join(" to ")}`);
});
