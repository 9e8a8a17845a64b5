/** The drift budget: how much of what came after an anchor was sealed may weigh beside it. */
import type { Background } from "./background.ts";
import { KeyboardStatistics } from "./keyboard/statistics.ts";
import { PointerStatistics, mostKept } from "./pointer/statistics.ts";

/** What was adapted weighs at most this share of the anchor; older adaptation fades. */
export const adaptedShare = 0.25;

/** @param anchor observations of the anchor @returns the same with no more weight than the budget */
export function withinBudget<Shown extends { readonly count: number }>(
  adapted: Shown,
  anchor: number,
  background: Background,
): Shown {
  const share = Math.min(1, (adaptedShare * anchor) / Math.max(1, adapted.count));
  if (adapted instanceof KeyboardStatistics)
    return adapted.scaled(share, background.keyboard.parameters.network) as typeof adapted;
  if (adapted instanceof PointerStatistics)
    return adapted.scaled(share).thinned(adaptedShare * mostKept) as typeof adapted;
  return adapted;
}
