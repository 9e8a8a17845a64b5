/** The contexts that a window has, laid out once for all the densities that it is asked under. */
import type { WindowSums } from "./contexts.ts";

/** What of a window does not depend on the density. Shared by all likelihoods, and wiped between windows. */
export class Observed {
  count = 0;
  contexts = new Int32Array(0);
  /** Mean of each context's standardised times. */
  means = new Float64Array(0);
  /** Variance of that mean about the person's own: the window's tempo, and the noise of single times. */
  variances = new Float64Array(0);

  /**
   * @param tempo the window's variance, as a share of the population's
   * @param specific what of it is each context's own @param noise variance of the typist's single times
   */
  read({ n, sum }: WindowSums, tempo: number, specific: Float64Array, noise: Float64Array): void {
    if (this.contexts.length < n.length) this.#grow(n.length);
    let count = 0;
    for (let context = 0; context < n.length; context += 1) {
      const times = n[context];
      if (times <= 0) continue;
      this.contexts[count] = context;
      this.means[count] = sum[context] / times;
      this.variances[count] = specific[context] * tempo + noise[context] / times;
      count += 1;
    }
    this.count = count;
  }

  /** Forgets the window. */
  wipe(): void {
    this.contexts.fill(0, 0, this.count);
    this.means.fill(0, 0, this.count);
    this.variances.fill(0, 0, this.count);
    this.count = 0;
  }

  #grow(contexts: number): void {
    this.contexts = new Int32Array(contexts);
    this.means = new Float64Array(contexts);
    this.variances = new Float64Array(contexts);
  }
}
