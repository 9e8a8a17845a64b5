/** The tables: on the terminal, as Markdown, and all of it as JSON. */
import { type Standing, standings } from "./goals.ts";
import { key, type Measure, type Samples } from "./samples.ts";
import type { Figure } from "./statistics.ts";

/** Three significant digits, without exponents. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "";
  if (Math.abs(value) >= 100) return Math.round(value).toString();
  return value
    .toPrecision(3)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
}

/** The median, and where it was repeated how far the repetitions lie apart. */
export function spread({ median, low, high, repetitions }: Figure): string {
  if (repetitions === 0) return "";
  return repetitions === 1 ? digits(median) : `${digits(median)} (${digits(low)} to ${digits(high)})`;
}

type Row = readonly string[];

function terminal(rows: readonly Row[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function markdown(rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

const label = ({ load, quantity, unit }: Measure): string => `${load}: ${quantity}, ${unit}`;

function familyRows(samples: Samples, family: string, contenders: readonly string[]): Row[] {
  const measures = samples.measures.filter((measure) => measure.family === family);
  const cell = (measure: Measure, name: string): string => spread(samples.figure(key(measure), name));
  return [
    [family, ...contenders],
    ...measures.map((measure) => [label(measure), ...contenders.map((name) => cell(measure, name))]),
  ];
}

function goalRows(reached: readonly Standing[]): Row[] {
  const bound = ({ goal }: Standing, value: number): string =>
    `${goal.more ? "at least" : "at most"} ${value} ${goal.unit}`;
  return [
    ["goal", "wanted", "stretch", "measured", "state"],
    ...reached.map((standing) => [
      standing.goal.what,
      bound(standing, standing.goal.goal),
      bound(standing, standing.goal.stretch),
      standing.figure.repetitions === 0 ? "" : `${spread(standing.figure)} ${standing.goal.unit}`,
      standing.state,
    ]),
  ];
}

function tables(samples: Samples, contenders: readonly string[]): Row[][] {
  const families = [...new Set(samples.measures.map(({ family }) => family))];
  const reached = standings(samples).filter(({ state }) => state !== "not measured");
  const goals = reached.length === 0 ? [] : [goalRows(reached)];
  return [...families.map((family) => familyRows(samples, family, contenders)), ...goals];
}

export const terminalReport = (samples: Samples, contenders: readonly string[]): string =>
  tables(samples, contenders).map(terminal).join("\n\n");

export const markdownReport = (samples: Samples, contenders: readonly string[]): string =>
  `${tables(samples, contenders).map(markdown).join("\n\n")}\n`;

/** Everything, so that another program can draw its own conclusions. */
export const jsonReport = (samples: Samples, contenders: readonly string[]): object => ({
  measures: samples.measures.map((measure) => ({
    ...measure,
    contenders: Object.fromEntries(
      contenders
        .map(
          (name) =>
            [name, { ...samples.figure(key(measure), name), values: samples.values(key(measure), name) }] as const,
        )
        .filter(([, { repetitions }]) => repetitions > 0),
    ),
  })),
  goals: standings(samples).map(({ goal, figure, state }) => ({
    what: goal.what,
    unit: goal.unit,
    goal: goal.goal,
    stretch: goal.stretch,
    ...figure,
    state,
  })),
});
