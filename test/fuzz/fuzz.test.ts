import t from "tap";
import { fuzz } from "./fuzz.ts";
import { targets } from "./targets.ts";

/** A short share of `npm run fuzz`; another one each time, with its seed in the report. */
const runs = 4000;
const seed = Date.now() >>> 0;

for (const target of targets)
  t.test(`${target.name}: mutants keep its promises (seed ${seed})`, async (t) => {
    const report = await fuzz(target, seed, (done) => done < runs);
    if (report.finding !== null) {
      t.comment(`bytes ${report.finding.bytes.toString("base64")}`);
      throw report.finding.error;
    }
    t.equal(report.runs, runs);
    t.ok(report.accepted > runs / 200, `enough of them were accepted to mean something: ${report.accepted}`);
  });
