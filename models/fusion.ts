/**
 * Fusion: what each modality's log-likelihood ratio counts in their sum. A modality is scaled down where its
 * errors are shared with what the other already said, or where it is overconfident on people it never saw.
 */

/** Factors on each modality's session LLR. */
export interface FusionWeights {
  readonly keyboard: number;
  readonly pointer: number;
}

export const evenFusion: FusionWeights = { keyboard: 1, pointer: 1 };

/** The fused LLR of two calibrated ones; 0 of a modality with nothing to say adds nothing. */
export function fuse(weights: FusionWeights, keyboard: number, pointer: number): number {
  return weights.keyboard * keyboard + weights.pointer * pointer;
}

/** One trial's two LLRs, and whether the claim was true. */
export interface FusionTrial {
  readonly keyboard: number;
  readonly pointer: number;
  readonly genuine: boolean;
}

/**
 * Logistic regression without an offset, both classes weighing the same, so that the sum stays a calibrated LLR
 * (Brümmer's linear fusion). Newton steps; `ridge` pulls towards 1, for few trials.
 */
export function trainFusion(trials: readonly FusionTrial[], ridge = 1): FusionWeights {
  const genuine = trials.reduce((count, trial) => count + (trial.genuine ? 1 : 0), 0);
  const impostors = trials.length - genuine;
  if (genuine === 0 || impostors === 0) return evenFusion;
  let [a, b] = [1, 1];
  for (let step = 0; step < 25; step++) {
    let [ga, gb, haa, hab, hbb] = [ridge * (a - 1), ridge * (b - 1), ridge, 0, ridge];
    for (const { keyboard, pointer, genuine: isGenuine } of trials) {
      const weight = isGenuine ? impostors / trials.length : genuine / trials.length;
      const p = 1 / (1 + Math.exp(-(a * keyboard + b * pointer)));
      const error = weight * (p - (isGenuine ? 1 : 0));
      const curve = weight * p * (1 - p);
      ga += error * keyboard;
      gb += error * pointer;
      haa += curve * keyboard * keyboard;
      hab += curve * keyboard * pointer;
      hbb += curve * pointer * pointer;
    }
    const determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12)) break;
    a -= (hbb * ga - hab * gb) / determinant;
    b -= (haa * gb - hab * ga) / determinant;
  }
  return { keyboard: Math.min(Math.max(a, 0.1), 2), pointer: Math.min(Math.max(b, 0.1), 2) };
}
