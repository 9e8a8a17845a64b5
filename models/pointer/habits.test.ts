import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import { featureCount, kinds } from "./action.ts";
import { Habits } from "./habits.ts";
import { beliefsOf, populationOf } from "./histogram.ts";
import { PointerStatistics } from "./statistics.ts";

/** Actions of every kind, the same for the same pace. */
function pointing(pace: number): PointerStatistics {
  const statistics = new PointerStatistics();
  for (let action = 0; action < 100; action++) {
    const features = Float32Array.from({ length: featureCount }, (_, f) => ((action * 7919 + f * 31) % pace) + 1);
    statistics.add({ at: millis(action), kind: action % kinds.length, features, jittered: features });
  }
  return statistics;
}

t.test(
  "each kind is worked out when it comes, the others at the actions after it, and all as they would be alone",
  (t) => {
    const others = [pointing(300), pointing(40)];
    const population = populationOf(others);
    const beliefs = beliefsOf(others);
    const habits = new Habits(pointing(120), population, beliefs);
    const made = (): number[] => [...kinds.keys()].filter((kind) => habits.usual.mean[kind * featureCount] > 0);
    habits.prepare(3);
    t.same(made(), [3]);
    for (let action = 1; action < kinds.length; action++) habits.prepare(3);
    t.same(made(), [0, 1, 2, 3, 4]);
    const ratios = habits.ratios.slice();
    habits.prepare(3);
    t.same(habits.ratios, ratios, "and then nothing changes");
    const other = new Habits(pointing(120), population, beliefs);
    for (const kind of [1, 0, 4, 2, 3]) other.prepare(kind);
    t.same(other.ratios, ratios);
    t.same(other.usual, habits.usual);
    t.end();
  },
);
