/**
 * The numbers of one movement, from its bounded list of points: shape from every point, timing from points
 * brought to common rates, so that how often a client samples its mouse weighs little.
 * Classical definitions: Antal and Egyed-Zsigmond (IET Biometrics 2019), section 3.
 */
import { featureIndex } from "../../models/pointer/action.ts";

/** Most points that one action keeps. */
export const mostPoints = 1024;

const index = (name: string): number => {
  const found = featureIndex.get(name);
  if (found === undefined) throw new RangeError(name);
  return found;
};
const shapeNames = [
  "path",
  "chord",
  "straightness",
  "direction",
  "turning",
  "sharp-turns",
  "deviation",
  "bow",
  "overshoot",
  "curvature-mean",
  "curvature-sd",
  "duration",
  "longest-stop",
  "stopped",
  "speed",
  "pace",
];
const shape = shapeNames.map(index);
const firstOf = { mid: index("mid-speed-sd"), slow: index("slow-speed-sd") };

/** Points closer in time than this are one: what a network or an event loop delivered together. */
const togetherMs = 7;
const midMs = 33;
const slowMs = 110;
/** A turn sharper than this, 45 degrees, is counted as sharp. */
const sharpTurn = Math.PI / 4;
/** No movement for this long within an action is a stop. */
const stopMs = 200;

/** Points in columns; `length` of them are in use. */
export interface Points {
  readonly t: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  length: number;
}
export const points = (size: number): Points => ({
  t: new Float64Array(size),
  x: new Float64Array(size),
  y: new Float64Array(size),
  length: 0,
});

const resampled = points(mostPoints * 4);
const speeds = new Float64Array(mostPoints * 4);
const middles = new Float64Array(mostPoints * 4);

/** The difference of two angles, within half a turn. */
function turn(from: number, to: number): number {
  let difference = to - from;
  if (difference > Math.PI) difference -= 2 * Math.PI;
  else if (difference < -Math.PI) difference += 2 * Math.PI;
  return difference;
}

/** Shape and totals. Needs at least 2 points. */
function measureShape(p: Points, out: Float32Array): void {
  const n = p.length;
  const x0 = p.x[0];
  const y0 = p.y[0];
  const dx = p.x[n - 1] - x0;
  const dy = p.y[n - 1] - y0;
  const chord = Math.hypot(dx, dy);
  const duration = p.t[n - 1] - p.t[0];
  let path = 0;
  let turning = 0;
  let sharp = 0;
  let bends = 0;
  let curvature = 0;
  let curvature2 = 0;
  let widest = 0;
  let bow = 0;
  let beyond = 0;
  let longest = 0;
  let stopped = 0;
  let heading = Number.NaN;
  for (let i = 1; i < n; i++) {
    const sx = p.x[i] - p.x[i - 1];
    const sy = p.y[i] - p.y[i - 1];
    const step = Math.sqrt(sx * sx + sy * sy);
    const dt = p.t[i] - p.t[i - 1];
    if (dt > longest) longest = dt;
    if (dt > stopMs) stopped += dt;
    if (chord > 0) {
      const ex = p.x[i] - x0;
      const ey = p.y[i] - y0;
      const side = (dx * ey - dy * ex) / chord;
      if (Math.abs(side) > widest) widest = Math.abs(side);
      bow += side;
      const along = (dx * ex + dy * ey) / chord - chord;
      if (along > beyond) beyond = along;
    }
    if (step === 0) continue;
    path += step;
    const next = Math.atan2(sy, sx);
    if (!Number.isNaN(heading)) {
      const angle = Math.abs(turn(heading, next));
      turning += angle;
      if (angle > sharpTurn) sharp++;
      const bend = angle / step;
      curvature += bend;
      curvature2 += bend * bend;
      bends++;
    }
    heading = next;
  }
  const mean = bends > 0 ? curvature / bends : Number.NaN;
  const moved = chord > 0;
  out[shape[0]] = path;
  out[shape[1]] = chord;
  out[shape[2]] = path > 0 ? chord / path : Number.NaN;
  out[shape[3]] = moved ? Math.atan2(dy, dx) : Number.NaN;
  out[shape[4]] = turning;
  out[shape[5]] = bends > 0 ? sharp / bends : Number.NaN;
  out[shape[6]] = moved ? widest / chord : Number.NaN;
  out[shape[7]] = moved ? bow / (n - 1) / chord : Number.NaN;
  out[shape[8]] = moved ? beyond / chord : Number.NaN;
  out[shape[9]] = mean;
  out[shape[10]] = bends > 1 ? Math.sqrt(Math.max(0, curvature2 / bends - mean * mean)) : Number.NaN;
  out[shape[11]] = duration;
  out[shape[12]] = longest;
  out[shape[13]] = duration > 0 ? stopped / duration : Number.NaN;
  out[shape[14]] = duration > 0 ? (path / duration) * 1000 : Number.NaN;
  out[shape[15]] = path > 0 ? duration / Math.sqrt(path) : Number.NaN;
}

/** Joins points that came together; the last place of each group stands. */
function joined(p: Points, closeMs: number, to: Points): void {
  let m = 0;
  let start = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < p.length; i++) {
    if (p.t[i] - start >= closeMs) {
      start = p.t[i];
      m++;
    }
    to.t[m - 1] = start;
    // From the first point on, so that rounding does not know the place on the screen.
    to.x[m - 1] = p.x[i] - p.x[0];
    to.y[m - 1] = p.y[i] - p.y[0];
  }
  to.length = m;
}

/** The path at a common rate, straight between the points known. `p` must have rising times. */
function atRate(p: Points, stepMs: number, to: Points): void {
  const last = p.length - 1;
  const start = p.t[0];
  const steps = Math.min(to.t.length - 1, Math.ceil((p.t[last] - start) / stepMs));
  let i = 0;
  for (let k = 0; k <= steps; k++) {
    const at = Math.min(start + k * stepMs, p.t[last]);
    while (i < last - 1 && p.t[i + 1] < at) i++;
    const span = last > 0 ? p.t[i + 1] - p.t[i] : 0;
    const part = span > 0 ? (at - p.t[i]) / span : 0;
    to.t[k] = start + k * stepMs;
    to.x[k] = last > 0 ? p.x[i] + part * (p.x[i + 1] - p.x[i]) : p.x[0];
    to.y[k] = last > 0 ? p.y[i] + part * (p.y[i + 1] - p.y[i]) : p.y[0];
  }
  to.length = steps + 1;
}

/** Speed, acceleration, jerk and turning of points with rising times; nothing where there are fewer than 4. */
function measureKinematics(p: Points, first: number, out: Float32Array): void {
  const n = p.length;
  if (n < 4) return;
  const m = n - 1;
  let sum = 0;
  let sum2 = 0;
  let max = 0;
  let peak = 0;
  let vx2 = 0;
  let vy2 = 0;
  let turns = 0;
  let turn1 = 0;
  let turn2 = 0;
  let heading = Number.NaN;
  let path = 0;
  for (let i = 0; i < m; i++) {
    const dt = p.t[i + 1] - p.t[i];
    const vx = ((p.x[i + 1] - p.x[i]) / dt) * 1000;
    const vy = ((p.y[i + 1] - p.y[i]) / dt) * 1000;
    const v = Math.sqrt(vx * vx + vy * vy);
    speeds[i] = v;
    middles[i] = (p.t[i + 1] + p.t[i]) / 2;
    sum += v;
    sum2 += v * v;
    vx2 += vx * vx;
    vy2 += vy * vy;
    path += v * dt;
    if (v > max) {
      max = v;
      peak = i;
    }
    if (v > 0) {
      const next = Math.atan2(vy, vx);
      if (!Number.isNaN(heading)) {
        const rate = (Math.abs(turn(heading, next)) / dt) * 1000;
        turn1 += rate;
        turn2 += rate * rate;
        turns++;
      }
      heading = next;
    }
  }
  const mean = sum / m;
  if (!(max > 0)) return;
  let a1 = 0;
  let a2 = 0;
  let aMax = 0;
  let aMin = 0;
  let j1 = 0;
  let j2 = 0;
  let before = 0;
  let peaks = 0;
  for (let i = 1; i < m; i++) {
    const dt = middles[i] - middles[i - 1];
    const a = ((speeds[i] - speeds[i - 1]) / dt) * 1000;
    a1 += Math.abs(a);
    a2 += a * a;
    if (a > aMax) aMax = a;
    if (a < aMin) aMin = a;
    if (i > 1) {
      const jerk = ((a - before) / dt) * 1000;
      j1 += Math.abs(jerk);
      j2 += jerk * jerk;
      if (before > 0 && a <= 0) peaks++;
    }
    before = a;
  }
  const duration = p.t[n - 1] - p.t[0];
  let rise = 0;
  while (rise < peak && speeds[rise] < max / 2) rise++;
  let done = 0;
  let settled = 0;
  while (settled < m && done < 0.9 * path) {
    done += speeds[settled] * (p.t[settled + 1] - p.t[settled]);
    settled++;
  }
  const turnMean = turns > 0 ? turn1 / turns : Number.NaN;
  out[first] = Math.sqrt(Math.max(0, sum2 / m - mean * mean));
  out[first + 1] = max;
  out[first + 2] = max / mean;
  out[first + 3] = a1 / (m - 1);
  out[first + 4] = Math.sqrt(a2 / (m - 1));
  out[first + 5] = aMax;
  out[first + 6] = -aMin;
  out[first + 7] = j1 / (m - 2);
  out[first + 8] = Math.sqrt(j2 / (m - 2));
  out[first + 9] = turnMean;
  out[first + 10] = turns > 1 ? Math.sqrt(Math.max(0, turn2 / turns - turnMean * turnMean)) : Number.NaN;
  out[first + 11] = (middles[peak] - p.t[0]) / duration;
  out[first + 12] = middles[peak] - p.t[0];
  out[first + 13] = (peaks / duration) * 1000;
  out[first + 14] = middles[peak] - middles[rise] + 5;
  out[first + 15] = (speeds[m - 1] + speeds[m - 2]) / 2;
  out[first + 16] = (p.t[n - 1] - p.t[settled]) / duration;
  out[first + 17] = Math.sqrt(vx2 / m);
  out[first + 18] = Math.sqrt(vy2 / m);
}

const together = points(mostPoints);

/** Writes the features of a movement's shape and kinematics into `out`; the others stay as they are. */
export function measureMovement(p: Points, out: Float32Array): void {
  if (p.length < 2) return;
  measureShape(p, out);
  joined(p, togetherMs, together);
  if (together.length < 2) return;
  atRate(together, midMs, resampled);
  measureKinematics(resampled, firstOf.mid, out);
  atRate(together, slowMs, resampled);
  measureKinematics(resampled, firstOf.slow, out);
}
