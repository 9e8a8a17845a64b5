/** How often something may happen that happened so many times: the upper end of a Poisson rate's interval. */

/** The chance of at most `count` events where `mean` are expected. */
function atMost(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let n = 1; n <= count; n++) {
    term *= mean / n;
    sum += term;
  }
  return sum;
}

/**
 * The rate that is exceeded with a chance of 5 % at most (one-sided, exact).
 * @param count of events that were seen @param hours in which they were @returns events an hour; infinite without hours
 */
export function mostPerHour(count: number, hours: number): number {
  if (!(hours > 0)) return Number.POSITIVE_INFINITY;
  let [low, high] = [count, count + 10 + 4 * Math.sqrt(count + 1)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(count, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high / hours;
}
