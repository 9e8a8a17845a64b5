/**
 * Pictures of what was measured: one bar a contender, on a logarithmic scale, as SVG.
 *
 * `node bench/picture.ts out/bench/goals.json docs/images`
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { digits } from "./report.ts";

interface Bar {
  readonly name: string;
  readonly value: number;
}

interface Report {
  readonly measures: readonly {
    readonly family: string;
    readonly load: string;
    readonly quantity: string;
    readonly unit: string;
    readonly contenders: Readonly<Record<string, { readonly median: number }>>;
  }[];
}

const [left, width, rowHeight, top] = [170, 640, 26, 46];

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Bars from the least to the most. @param unit of the values, after a comma in the title */
function barChart(title: string, unit: string, bars: readonly Bar[]): string {
  const sorted = [...bars].sort((a, b) => a.value - b.value);
  const floor = sorted[0].value / 2;
  const scale = (width - left - 70) / Math.log(sorted[sorted.length - 1].value / floor);
  const rows = sorted.map(({ name, value }, index) => {
    const y = top + index * rowHeight;
    const length = Math.log(value / floor) * scale;
    const fill = name.startsWith("samehand") ? "#1f6f5c" : "#9aa5b1";
    return (
      `<text x="${left - 10}" y="${y + 14}" text-anchor="end">${escape(name)}</text>` +
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="18" rx="2" fill="${fill}"/>` +
      `<text x="${(left + length + 6).toFixed(1)}" y="${y + 14}">${digits(value)}</text>`
    );
  });
  const height = top + sorted.length * rowHeight + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" fill="#22303c">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="10" y="24" font-size="15" font-weight="bold">${escape(title)}, ${escape(unit)}</text>
${rows.join("\n")}
</svg>
`;
}

const pictures = [
  ["display-heavy", "display", "heavy, 50 sessions", "CPU", "CPU to pass a gigabyte of display on"],
  ["display-tiles", "display", "tiles, 50 sessions", "CPU", "CPU to pass a gigabyte of small tiles on"],
  ["input-cpu", "input", "100 sessions", "CPU", "CPU of one input message"],
] as const;

function draw(file: string, folder: string): void {
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  mkdirSync(folder, { recursive: true });
  for (const [name, family, load, quantity, title] of pictures) {
    const measure = report.measures.find(
      (each) => each.family === family && each.load === load && each.quantity === quantity,
    );
    if (measure === undefined) continue;
    const bars = Object.entries(measure.contenders).map(([name, { median }]) => ({ name, value: median }));
    writeFileSync(
      join(folder, `performance-${name}.svg`),
      barChart(title, `${measure.unit} (log scale, less is better)`, bars),
    );
  }
}

if (import.meta.main) draw(process.argv[2] ?? "out/bench/all.json", process.argv[3] ?? "docs/images");
