/** Plots as SVG text: detection error trade-off, score distributions, and delays. No dependency, no script. */
import { errorCurve, type Scores } from "../../models/metrics.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

interface Axis {
  readonly label: string;
  readonly ticks: readonly number[];
  /** Where a value lies, 0 to 1. */
  readonly place: (value: number) => number;
}

const [width, height, margin] = [640, 480, 60];
const colours = ["#1b6ca8", "#c1440e", "#2e7d32", "#7b1fa2", "#8d6e00", "#00838f", "#ad1457", "#455a64"];

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function draw(title: string, x: Axis, y: Axis, lines: readonly Line[]): string {
  const px = (value: number): string => (margin + x.place(value) * (width - 2 * margin)).toFixed(1);
  const py = (value: number): string => (height - margin - y.place(value) * (height - 2 * margin)).toFixed(1);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${width / 2}" y="24" text-anchor="middle" font-size="15">${escape(title)}</text>`,
    `<text x="${width / 2}" y="${height - 12}" text-anchor="middle">${escape(x.label)}</text>`,
    `<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>`,
  ];
  const [left, right, top, bottom] = [margin, width - margin, margin, height - margin];
  for (const tick of x.ticks)
    parts.push(
      `<path d="M${px(tick)} ${top}V${bottom}" stroke="#ddd"/><text x="${px(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`,
    );
  for (const tick of y.ticks)
    parts.push(
      `<path d="M${left} ${py(tick)}H${right}" stroke="#ddd"/><text x="${left - 6}" y="${py(tick)}" dy="4" text-anchor="end">${tick}</text>`,
    );
  lines.forEach((line, index) => {
    const colour = colours[index % colours.length];
    const path = line.points.map(([a, b], place) => `${place === 0 ? "M" : "L"}${px(a)} ${py(b)}`).join("");
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    parts.push(
      `<text x="${right - 8}" y="${top + 16 + 16 * index}" text-anchor="end" fill="${colour}">${escape(line.name)}</text>`,
    );
  });
  return `${parts.join("\n")}\n</svg>\n`;
}

/** Inverse of the normal distribution (Acklam's rational approximation, relative error under 1.2e-9). */
function probit(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const horner = (k: readonly number[], at: number): number => k.reduce((sum, each) => sum * at + each, 0);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(c, q) / (horner(d, q) * q + 1);
  }
  if (p > 1 - 0.02425) return -probit(1 - p);
  const q = p - 0.5;
  return (q * horner(a, q * q)) / (horner(b, q * q) * q * q + 1);
}

const [least, most] = [0.05, 60];
const probitPlace = (percent: number): number => {
  const within = Math.min(Math.max(percent, least), most) / 100;
  return (probit(within) - probit(least / 100)) / (probit(most / 100) - probit(least / 100));
};

/** Detection error trade-off, both rates in per cent on normal-deviate axes (ISO/IEC 19795-1). */
export function detPlot(title: string, curves: readonly { name: string; scores: Scores }[]): string {
  const ticks = [0.1, 0.5, 1, 2, 5, 10, 20, 40];
  const lines = curves.map(({ name, scores }) => ({
    name,
    points: thin(errorCurve(scores).map(({ fmr, fnmr }) => [100 * fmr, 100 * fnmr] as const)),
  }));
  return draw(
    title,
    { label: "false match rate, %", ticks, place: probitPlace },
    { label: "false non-match rate, %", ticks, place: probitPlace },
    lines,
  );
}

function thin(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const every = Math.max(1, Math.floor(points.length / 500));
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}

const linear = (label: string, low: number, high: number): Axis => ({
  label,
  ticks: Array.from({ length: 6 }, (_, index) => Number((low + ((high - low) * index) / 5).toPrecision(3))),
  place: (value) => (Math.min(Math.max(value, low), high) - low) / (high - low || 1),
});

const scoreBins = 60;

/** How scores of true and of false claims are spread. */
export function scorePlot(title: string, scores: Scores): string {
  const shown = 20;
  const histogram = (values: readonly number[]): (readonly [number, number])[] => {
    const bins = new Float64Array(scoreBins);
    for (const value of values) {
      const place = Math.floor(((Math.min(Math.max(value, -shown), shown) + shown) / (2 * shown)) * scoreBins);
      bins[Math.min(scoreBins - 1, place)] += 100 / values.length;
    }
    return [...bins].map((share, index) => [-shown + ((index + 0.5) * 2 * shown) / scoreBins, share] as const);
  };
  const lines = [
    { name: "genuine", points: histogram(scores.genuine) },
    { name: "impostor", points: histogram(scores.impostor) },
  ].filter((line) => line.points.every(([, share]) => Number.isFinite(share)));
  const highest = Math.max(1, ...lines.flatMap((line) => line.points.map(([, share]) => share)));
  return draw(
    title,
    linear("log-likelihood ratio, nats", -shown, shown),
    linear("share of trials, %", 0, highest),
    lines,
  );
}

/** Share of takeovers caught within so many seconds. */
export function delayPlot(title: string, delays: readonly number[], takeovers: number, longest: number): string {
  const sorted = [...delays].sort((a, b) => a - b);
  const points = [
    [0, 0] as const,
    ...sorted.map((delay, index) => [delay, (100 * (index + 1)) / takeovers] as const),
    [longest, (100 * sorted.length) / Math.max(1, takeovers)] as const,
  ];
  return draw(title, linear("seconds after the takeover", 0, longest), linear("caught, %", 0, 100), [
    { name: "caught", points },
  ]);
}
