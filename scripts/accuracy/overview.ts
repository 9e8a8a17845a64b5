/** The overview of many reports: a row a look, and what several draws of delays cost. */
import type { Loss } from "./looks.ts";

/** What of a report.json stands in the overview: error rates of keys, areas under the curve of time. */
export interface Told {
  readonly amounts: readonly { unit: string; value: number; eer: number; eerMean: number; auc: number }[];
  readonly takeovers: {
    readonly caught: number;
    readonly takeovers: number;
    readonly medianSeconds: number | null;
    readonly p90Seconds: number | null;
    readonly falseQuarantines: number;
    readonly genuineHours: number;
    readonly falseSevers: number;
  } | null;
}

const at = ({ amounts }: Told, unit: string, value: number) =>
  amounts.find((row) => row.unit === unit && row.value === value);
const seconds = (value: number | null): string => (value === null ? "not caught" : `${value.toFixed(0)} s`);

/** A table with a row for each look. */
export function overviewOf(looks: ReadonlyMap<string, Told>): string {
  if (looks.size === 0) return "";
  const rows = [...looks].map(([name, told]) => {
    const errors = [at(told, "keys", 50), at(told, "keys", 100)].map((row) =>
      row === undefined ? "" : `${row.eer.toFixed(2)} / ${row.eerMean.toFixed(2)}`,
    );
    const areas = [at(told, "seconds", 15), at(told, "seconds", 30), at(told, "session", 1)].map(
      (row) => row?.auc.toFixed(3) ?? "",
    );
    const { takeovers: ends } = told;
    const judged =
      ends === null
        ? ""
        : `${ends.caught} of ${ends.takeovers}, ${seconds(ends.medianSeconds)}, ${seconds(ends.p90Seconds)}; ${ends.falseQuarantines} false in ${ends.genuineHours.toFixed(2)} h, ${ends.falseSevers} severed`;
    return `| ${[name, ...errors, ...areas, judged].join(" | ")} |`;
  });
  return [
    "| | EER % at 50 keys: global / mean | at 100 keys | AUC at 15 s | at 30 s | whole sessions | takeovers caught, median, 90th percentile; the genuine |",
    "|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

interface Measure {
  readonly name: string;
  readonly digits: number;
  readonly of: (told: Told) => number | null | undefined;
}

const measures: readonly Measure[] = [
  { name: "EER % at 50 keys", digits: 2, of: (told) => at(told, "keys", 50)?.eer },
  { name: "EER % at 100 keys", digits: 2, of: (told) => at(told, "keys", 100)?.eer },
  { name: "EER % at 100 keys, mean over people", digits: 2, of: (told) => at(told, "keys", 100)?.eerMean },
  { name: "AUC at 15 s", digits: 3, of: (told) => at(told, "seconds", 15)?.auc },
  { name: "AUC at 30 s", digits: 3, of: (told) => at(told, "seconds", 30)?.auc },
  { name: "takeovers caught", digits: 1, of: ({ takeovers }) => takeovers?.caught },
  { name: "median s to quarantine", digits: 0, of: ({ takeovers }) => takeovers?.medianSeconds },
  { name: "90th percentile s", digits: 0, of: ({ takeovers }) => takeovers?.p90Seconds },
  { name: "false quarantines", digits: 1, of: ({ takeovers }) => takeovers?.falseQuarantines },
];

/** A table of what draws of delays cost, beside the same as recorded; looks that were not run are left out. */
export function lossesOf(losses: readonly Loss[], looks: ReadonlyMap<string, Told>): string {
  const rows = losses.flatMap(({ clean: name, through, draws }) => {
    const clean = looks.get(name);
    const shaken = draws.flatMap((draw) => looks.get(draw) ?? []);
    if (clean === undefined || shaken.length < 2) return [];
    return measures.flatMap(({ name: measure, digits, of }) => {
      const before = of(clean);
      const values = shaken.map(of).filter((value) => typeof value === "number");
      if (typeof before !== "number" || values.length < shaken.length) return [];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const drawn = `${mean.toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)} of ${values.length})`;
      return [
        `| ${[name, through, measure, before.toFixed(digits), drawn, (mean - before).toFixed(digits)].join(" | ")} |`,
      ];
    });
  });
  if (rows.length === 0) return "";
  return [
    "| set | through | measure | as recorded | through it: mean (least to most of the draws) | difference |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}
