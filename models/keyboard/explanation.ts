/** Says in words how recent typing differs from the enrolled typist's: how somebody types, never what. */
import type { Contexts } from "./contexts.ts";
import { keyClass, keyClassCount, keyCount } from "./keys.ts";
import type { Likelihood } from "./likelihood.ts";

interface Recent {
  /** Contexts, -1 where there is none, and the standardised times there. */
  readonly contexts: Int32Array;
  readonly values: Float64Array;
}

interface Group {
  readonly longer: string;
  readonly shorter: string;
  /** Milliseconds from a transformed time, to state a share; without it only the direction is told. */
  readonly time?: (value: number) => number;
}

const fromLog = (value: number): number => Math.exp(value) - 20;
const groups: readonly Group[] = [
  { longer: "holds letter keys # longer than usual", shorter: "holds letter keys # shorter than usual", time: fromLog },
  { longer: "holds other keys # longer than usual", shorter: "holds other keys # shorter than usual", time: fromLog },
  { longer: "types # slower within one hand", shorter: "types # faster within one hand", time: fromLog },
  { longer: "types # slower between hands", shorter: "types # faster between hands", time: fromLog },
  { longer: "takes # longer around words", shorter: "takes # shorter around words", time: fromLog },
  { longer: "overlaps keys less than usual", shorter: "overlaps keys more than usual" },
];

/** The group of a context; a digraph's by the classes of its keys. */
function groupOf(contexts: Contexts, context: number): number {
  if (context < keyCount) return keyClass[context] < 2 ? 0 : 1;
  const flights = contexts.digraphs.length + keyClassCount * keyClassCount;
  const flight = context - keyCount;
  if (flight >= flights) return 5;
  const pair = contexts.digraphs[flight];
  const rare = flight - contexts.digraphs.length;
  const before = pair === undefined ? Math.floor(rare / keyClassCount) : keyClass[Math.floor(pair / keyCount) - 1];
  const after = pair === undefined ? rare % keyClassCount : keyClass[pair % keyCount];
  if ((before ?? 2) > 1 || (after ?? 2) > 1) return 4;
  return before === after ? 2 : 3;
}

/** Below this many standard errors a difference is not worth a word. */
const leastStandardErrors = 2.5;

interface Sum {
  z: number;
  count: number;
  /** Of the transformed times. */
  shift: number;
  seen: number;
  usual: number;
}

/** The differences between recent typing and what is expected of the enrolled typist, the strongest first. */
export function explanations(contexts: Contexts, noise: Float64Array, expected: Likelihood, recent: Recent): string[] {
  const sums = groups.map((): Sum => ({ z: 0, count: 0, shift: 0, seen: 0, usual: 0 }));
  const each = (visit: (sum: Sum, group: Group, context: number, value: number) => void): void =>
    recent.contexts.forEach((context, index) => {
      if (context < 0) return;
      const id = groupOf(contexts, context);
      visit(sums[id], groups[id], context, recent.values[index]);
    });
  each((sum, _, context, value) => {
    const more = value - expected.expected(context);
    sum.z += more / Math.sqrt(noise[context]);
    sum.count += 1;
    sum.shift += more * contexts.deviation[context];
  });
  // Times that scatter evenly on the models' scale do not on a clock's: only the shift of the whole group is told.
  each((sum, { time }, context) => {
    if (time === undefined) return;
    const usual = contexts.mean[context] + contexts.deviation[context] * expected.expected(context);
    sum.seen += Math.max(time(usual + sum.shift / sum.count), 1);
    sum.usual += Math.max(time(usual), 1);
  });
  return sums
    .map((sum, id) => ({ sum, group: groups[id], strength: sum.z / Math.sqrt(Math.max(sum.count, 1)) }))
    .filter(({ strength }) => Math.abs(strength) >= leastStandardErrors)
    .sort((left, right) => Math.abs(right.strength) - Math.abs(left.strength))
    .map(({ sum, group, strength }) => {
      const share = sum.usual > 0 ? Math.abs(sum.seen / sum.usual - 1) : 0;
      const words = strength > 0 ? group.longer : group.shorter;
      return words.replace("#", `${Math.max(5, Math.round(share * 20) * 5)} %`);
    });
}
