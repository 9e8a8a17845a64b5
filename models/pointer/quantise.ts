/**
 * Features on fixed fine bins: one code of 6 bits a value. The bins do not depend on any population, so that
 * profiles stay good when the background is trained again.
 */
import { type Feature, featureCount, features } from "./action.ts";

/** Codes 1 to 63 are bins in rising order; 0 says that there was no value. */
export const codeCount = 64;
export const missing = 0;
const bins = codeCount - 1;

function warp(each: Feature, value: number): number {
  if (each.scale === "log") return Math.log(Math.max(value, each.low));
  return each.scale === "asinh" ? Math.asinh(value * 10) : value;
}

const lows = Float64Array.from(features, (each) => warp(each, each.low));
const perBin = Float64Array.from(features, (each, i) => bins / (warp(each, each.high) - lows[i]));

/** Writes one code a feature into `codes` from `offset` on. */
export function quantise(values: Float32Array, codes: Uint8Array, offset = 0): void {
  for (let f = 0; f < featureCount; f++) {
    const value = values[f];
    if (Number.isNaN(value)) {
      codes[offset + f] = missing;
      continue;
    }
    const bin = Math.floor((warp(features[f], value) - lows[f]) * perBin[f]);
    codes[offset + f] = 1 + Math.max(0, Math.min(bins - 1, bin));
  }
}

/** The middle of a code's bin in the feature's own unit; NaN for the missing code. */
export function centre(feature: number, code: number): number {
  if (code === missing) return Number.NaN;
  const warped = lows[feature] + (code - 0.5) / perBin[feature];
  const each = features[feature];
  if (each.scale === "log") return Math.exp(warped);
  return each.scale === "asinh" ? Math.sinh(warped) / 10 : warped;
}
