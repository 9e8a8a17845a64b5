/** Writes what an evaluation found: CSV for machines, a report with tables and plots for people. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrialResult } from "./portion.ts";
import { delayPlot, detPlot, scorePlot } from "./plots.ts";
import type { RecordedSet } from "./set.ts";
import {
  type Amount,
  type AmountRow,
  amountRows,
  pooled,
  scoresAt,
  type TakeoverTable,
  takeoverTable,
} from "./tables.ts";

export interface Report {
  readonly set: string;
  /** The command that makes it again. */
  readonly command: string;
  readonly agents: number;
  readonly trials: number;
  /** How many things in the set were not as they should be: each is a line of warnings.txt. */
  readonly warnings: number;
  readonly amounts: readonly AmountRow[];
  readonly takeovers: TakeoverTable | null;
}

/** `scores.csv`: the calibrated LLR of all input of a session so far, a row a moment. */
function scoresCsv(set: RecordedSet, results: readonly TrialResult[]): string {
  const lines = ["session,claimed,genuine,t_ms,keystrokes,actions,llr"];
  for (const { index, rows } of results) {
    const { session, claimed, genuine } = set.trials[index];
    for (const row of rows)
      lines.push(
        `${session},${claimed},${genuine ? 1 : 0},${Math.round(row.at)},${row.keystrokes},${row.actions},${number(row.llr, 4)}`,
      );
  }
  return `${lines.join("\n")}\n`;
}

/** `verdicts.csv`: what trust filter and policy decided, and where each session ended. */
function verdictsCsv(set: RecordedSet, results: readonly TrialResult[]): string {
  const lines = ["session,claimed,verdict,t_ms,trust,keystrokes,actions"];
  for (const { index, verdicts } of results) {
    const { session, claimed } = set.trials[index];
    for (const row of verdicts)
      lines.push(
        `${session},${claimed},${row.verdict},${Math.round(row.at)},${number(row.trust, 2)},${row.keystrokes},${row.actions}`,
      );
  }
  return `${lines.join("\n")}\n`;
}

export function reportOf(
  set: RecordedSet,
  results: readonly TrialResult[],
  warnings: readonly string[],
  command: string,
): Report {
  return {
    set: set.name,
    command,
    agents: set.agents.size,
    trials: results.length,
    warnings: warnings.length,
    amounts: set.takeovers ? [] : amountRows(set, results),
    takeovers: set.takeovers ? takeoverTable(results) : null,
  };
}

/** The report in Markdown. */
export function reportText(report: Report): string {
  const lines = [
    `# ${report.set}`,
    "",
    `${report.agents} agents, ${report.trials} trials. Made by \`${report.command}\`.`,
    ...(report.warnings === 0 ? [] : [`Warnings: ${report.warnings}, each a line of warnings.txt.`]),
    "",
  ];
  if (report.amounts.length > 0) {
    lines.push(
      "| input | genuine / impostor | EER % (95 %) | EER mean over people % | AUC (95 %) | FNMR % at FMR 1 % | FMR % at FNMR 1 % | Cllr bits |",
      "|---|---|---|---|---|---|---|---|",
      ...report.amounts.map(amountLine),
    );
  }
  if (report.takeovers !== null) lines.push(...takeoverLines(report.takeovers));
  if (report.amounts.length === 0 && report.takeovers === null) lines.push("Too few trials for a table.");
  return `${lines.join("\n")}\n`;
}

function amountLine(row: AmountRow): string {
  const span = ([low, high]: readonly [number, number], digits: number): string =>
    `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
  const amount = row.unit === "session" ? "whole sessions" : `${row.value} ${row.unit}`;
  return `| ${amount} | ${row.genuine} / ${row.impostor} | ${row.eer.toFixed(2)} (${span(row.eerInterval, 2)}) | ${row.eerMean.toFixed(2)} | ${row.auc.toFixed(4)} (${span(row.aucInterval, 4)}) | ${row.fnmrAt1.toFixed(1)} | ${row.fmrAt1.toFixed(1)} | ${row.cllr.toFixed(3)} |`;
}

function takeoverLines(table: TakeoverTable): string[] {
  const seconds = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(0)} s` : "not caught");
  const share = table.takeovers === 0 ? Number.NaN : (100 * table.caught) / table.takeovers;
  return [
    "| measure | value |",
    "|---|---|",
    `| genuine active hours | ${table.genuineHours.toFixed(2)} |`,
    `| false quarantines | ${table.falseQuarantines}: ${table.perEightHours.toFixed(2)} in 8 active hours (95 % upper bound ${table.perEightHoursBound.toFixed(2)}) |`,
    `| false severs | ${table.falseSevers} |`,
    `| takeovers caught before the end | ${table.caught} of ${table.takeovers} (${share.toFixed(1)} %) |`,
    `| time to quarantine, of all takeovers: median, 90th percentile | ${seconds(table.medianSeconds)}, ${seconds(table.p90Seconds)} |`,
    `| time to quarantine, of those caught: median, 90th percentile | ${seconds(table.medianOfCaught)}, ${seconds(table.p90OfCaught)} |`,
    `| takeovers severed | ${table.severed} |`,
    `| ANIA (keystrokes and actions until quarantine) | ${table.ania.toFixed(0)} |`,
    `| ANGA (the same of the genuine for each false quarantine) | ${Number.isFinite(table.anga) ? table.anga.toFixed(0) : "none quarantined"} |`,
    `| genuine stretches never locked | ${(100 * table.neverLocked).toFixed(1)} % |`,
  ];
}

const drawn: readonly Amount[] = [
  { unit: "keys", value: 50 },
  { unit: "keys", value: 100 },
  { unit: "seconds", value: 30 },
  { unit: "actions", value: 50 },
];

/** Writes everything into a folder, which is made. */
export function writeReport(
  directory: string,
  set: RecordedSet,
  results: readonly TrialResult[],
  warnings: readonly string[],
  report: Report,
): void {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write("scores.csv", scoresCsv(set, results));
  write("warnings.txt", warnings.map((warning) => `${warning}\n`).join(""));
  write("report.json", `${JSON.stringify(report, null, 2)}\n`);
  write("report.md", reportText(report));
  if (set.takeovers) {
    write("verdicts.csv", verdictsCsv(set, results));
    write("delay.svg", delayPlot(`${set.name}: time to quarantine`, delaysOf(results), takeoversIn(results), 200));
    return;
  }
  const curves = drawn
    .map((amount) => ({
      name: `${amount.value} ${amount.unit}`,
      scores: pooled(scoresAt(set, results, amount).values()),
    }))
    .filter(({ scores }) => scores.genuine.length > 4 && scores.impostor.length > 4);
  if (curves.length > 0) write("det.svg", detPlot(`${set.name}: detection error trade-off`, curves));
  write(
    "scores.svg",
    scorePlot(
      `${set.name}: scores of whole sessions`,
      pooled(scoresAt(set, results, { unit: "session", value: 1 }).values()),
    ),
  );
}

const takeoversIn = (results: readonly TrialResult[]): number =>
  results.filter(({ takeoverMs }) => takeoverMs !== null).length;

function delaysOf(results: readonly TrialResult[]): number[] {
  return results.flatMap(({ takeoverMs, verdicts }) => {
    if (takeoverMs === null) return [];
    const caught = verdicts.find((row) => row.verdict === "quarantine" && row.at >= takeoverMs);
    return caught === undefined ? [] : [(caught.at - takeoverMs) / 1000];
  });
}

/** A number without an exponent and without `-0`. */
function number(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? "0" : text;
}
