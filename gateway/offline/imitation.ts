/**
 * Somebody else who imitates an agent: types at the agent's mean tempo, and lets go of keys as soon as the agent does
 * in the mean. Exactly so, which is more than a person can: how much a phrase depends on these two.
 */
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { KeyboardStatistics } from "../../models/keyboard/statistics.ts";
import { momentCount } from "../../models/keyboard/pair-moments.ts";
import { transformed } from "../../models/keyboard/times.ts";
import { copyOf } from "../inspect/keystroke-rows.ts";

export const imitations = ["none", "tempo", "tempo-and-hold"] as const;
export type Imitation = (typeof imitations)[number];

const [hold, downDown] = [0, 1];
/** What the models add to a time before they take its logarithm, ms. */
const offset = 20;

/** The mean of a feature in what was enrolled, as the models see it. */
function enrolledMean({ pairs }: KeyboardStatistics, feature: number): number {
  let [count, sum] = [0, 0];
  for (let pair = 0; pair < pairs.size; pair++) {
    const from = pair * momentCount + feature * 3;
    count += pairs.moments[from];
    sum += pairs.moments[from + 1];
  }
  return sum / count;
}

function mean(keystrokes: readonly Keystroke[], feature: number): number {
  const times = new Float64Array(3);
  const known: number[] = [];
  for (const keystroke of keystrokes) {
    transformed(keystroke, times);
    if (!Number.isNaN(times[feature])) known.push(times[feature]);
  }
  return known.reduce((sum, each) => sum + each, 0) / known.length;
}

/** The words as the imitator types them. */
export function imitated(
  imitation: Imitation,
  agent: KeyboardStatistics,
  words: readonly Keystroke[][],
): Keystroke[][] {
  const all = words.flat();
  const scale = (feature: number): number => Math.exp(enrolledMean(agent, feature) - mean(all, feature));
  const tempo = scale(downDown);
  const holds = imitation === "tempo-and-hold" ? scale(hold) : 1;
  const scaled = (time: number, by: number): number => Math.max(0, (time + offset) * by - offset);
  return words.map((word) =>
    word.map((keystroke) => {
      const down = scaled(keystroke.downDown, tempo);
      const held = scaled(keystroke.downDown - keystroke.upDown, holds);
      return { ...copyOf(keystroke), hold: scaled(keystroke.hold, holds), downDown: down, upDown: down - held };
    }),
  );
}
