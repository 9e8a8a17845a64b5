/**
 * A random search for the trust filter's options: on the people of one half those that find takeovers soonest while the
 * genuine, with their own mouse or another, are held as seldom as the budget says; told for the other half as well.
 */
import { millis } from "../../gateway/core/units.ts";
import { defaultTrustOptions, TrustFilter, type TrustOptions } from "../../gateway/policy/trust.ts";
import { seeded } from "../../models/metrics.ts";
import type { Kind, Stream } from "./streams.ts";

/** Limits on suspicion that are tried, nats. */
const limits = Array.from({ length: 40 }, (_, index) => -2 + index * 0.25);
/** How much the kinds weigh: a stranger's takeover in delays, another mouse in false quarantines. */
const weightOf: Readonly<Partial<Record<Kind, number>>> = { colleague: 1, stranger: 0.4, impostor: 0.4 };
const otherMouse = 0.05;
/** What a takeover that is never found counts, s. */
const never = 230;

/** What options give at the lowest limit that keeps the budget. */
export interface Found {
  readonly options: TrustOptions;
  readonly limit: number;
  /** Weighted mean of delays, s. */
  readonly cost: number;
  /** False quarantines in 8 hours, and those with another mouse. */
  readonly held: number;
  readonly heldWithOtherMouse: number;
}

/** @param budget false quarantines in 8 hours */
export function costOf(streams: readonly Stream[], options: TrustOptions, budget: number): Found {
  const highest = streams.map((stream) => ({ stream, passes: passing(stream, options) }));
  const rate = (kind: Kind, limit: number): number => {
    const of = highest.filter(({ stream }) => stream.kind === kind);
    const hours = of.reduce((sum, { stream }) => sum + stream.length / 3_600_000, 0);
    return hours === 0 ? 0 : (8 * of.filter(({ passes }) => Number.isFinite(passes(limit))).length) / hours;
  };
  for (const limit of limits) {
    const held = rate("genuine", limit);
    const heldWithOtherMouse = rate("other-mouse", limit);
    if (held + otherMouse * heldWithOtherMouse > budget) continue;
    let [sum, weights] = [0, 0];
    for (const { stream, passes } of highest) {
      const weight = weightOf[stream.kind] ?? 0;
      sum += weight * Math.min(never, passes(limit));
      weights += weight;
    }
    return { options, limit, cost: sum / weights, held, heldWithOtherMouse };
  }
  return { options, limit: Number.POSITIVE_INFINITY, cost: never, held: 0, heldWithOtherMouse: 0 };
}

/** When suspicion first passes a limit, s after the takeover (or the start); infinite where never. */
function passing({ evidence, takeover }: Stream, options: TrustOptions): (limit: number) => number {
  const filter = new TrustFilter(options);
  const from = Number.isFinite(takeover) ? takeover : 0;
  const at: number[] = [];
  for (const each of evidence) {
    filter.observe(millis(each.at), each.modality, each.llr, each.weight);
    if (each.at < from) continue;
    while (at.length < limits.length && limits[at.length] <= filter.suspicion) at.push((each.at - from) / 1000);
  }
  return (limit) => at[limits.indexOf(limit)] ?? Number.POSITIVE_INFINITY;
}

/** @param tries how many options are tried, each near the best so far, nearer the longer it goes */
export function search(streams: readonly Stream[], budget: number, tries: number, seed: number): Found {
  const random = seeded(seed);
  let best = costOf(streams, defaultTrustOptions, budget);
  for (let each = 0; each < tries; each++) {
    const spread = 1.6 * 0.25 ** (each / tries);
    const factor = (): number => (random() < 0.4 ? Math.exp(spread * (random() * 2 - 1)) : 1);
    const tried = costOf(streams, near(best.options, factor), budget);
    if (tried.cost < best.cost) best = tried;
  }
  return best;
}

function near(from: TrustOptions, factor: () => number): TrustOptions {
  const both = (of: TrustOptions["change"], most: number): TrustOptions["change"] => ({
    keyboard: Math.min(most, of.keyboard * factor()),
    pointer: Math.min(most, of.pointer * factor()),
  });
  return {
    ...from,
    impostorAtStart: Math.min(0.1, from.impostorAtStart * factor()),
    handOver: Math.min(0.3, from.handOver * factor()),
    handBack: from.handBack * factor(),
    changedAtStart: both(from.changedAtStart, 0.6),
    bothAtStart: Math.min(0.02, from.bothAtStart * factor()),
    change: both(from.change, 1),
    together: Math.min(60, from.together * factor()),
    temper: both(from.temper, 3),
    mostFor: from.mostFor * Math.sqrt(factor()),
    mostAgainst: from.mostAgainst * Math.sqrt(factor()),
  };
}
