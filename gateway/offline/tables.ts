/** What an evaluation found, as numbers: error rates by amount of input, and how takeovers ended. */
import {
  areaUnderCurve,
  bootstrapInterval,
  calibrationCost,
  equalErrorRate,
  falseMatchAt,
  falseNonMatchAt,
  mean,
  poissonUpperBound,
  quantile,
  type Scores,
} from "../../models/metrics.ts";
import type { TrialResult } from "./portion.ts";
import type { RecordedSet } from "./set.ts";
import type { ScoreRow } from "./trial.ts";

/** `session` is all of it, whatever that is; its amount is 1. */
export type Unit = "keys" | "seconds" | "actions" | "session";

/** An amount of input at which claims are scored. */
export interface Amount {
  readonly unit: Unit;
  readonly value: number;
}

export const amounts: readonly Amount[] = [
  ...[25, 50, 100, 200].map((value) => ({ unit: "keys" as const, value })),
  ...[15, 30, 60].map((value) => ({ unit: "seconds" as const, value })),
  ...[20, 50, 100].map((value) => ({ unit: "actions" as const, value })),
  { unit: "session", value: 1 },
];

/** Rates in per cent, intervals of 95 % over people. */
export interface AmountRow extends Amount {
  readonly genuine: number;
  readonly impostor: number;
  readonly eer: number;
  readonly eerInterval: readonly [number, number];
  /** Mean over people of each one's own EER. */
  readonly eerMean: number;
  readonly auc: number;
  readonly aucInterval: readonly [number, number];
  /** FNMR where 1 % of impostors pass, and FMR where 1 % of the genuine are refused. */
  readonly fnmrAt1: number;
  readonly fmrAt1: number;
  readonly cllr: number;
}

export interface TakeoverTable {
  readonly genuineHours: number;
  readonly falseQuarantines: number;
  readonly perEightHours: number;
  /** Upper 95 % bound of the same. */
  readonly perEightHoursBound: number;
  readonly falseSevers: number;
  readonly takeovers: number;
  readonly caught: number;
  readonly severed: number;
  readonly medianSeconds: number;
  /** Of all takeovers, those never caught counting as infinite. */
  readonly p90Seconds: number;
  readonly medianOfCaught: number;
  readonly p90OfCaught: number;
  /** Mean observations of an impostor until quarantine, over those caught; and of the genuine per false quarantine. */
  readonly ania: number;
  readonly anga: number;
  /** Share of genuine stretches in which nothing happened. */
  readonly neverLocked: number;
}

const draws = 200;

/** Scores at an amount: the newest row within it, of trials that have as much. */
export function scoresAt(set: RecordedSet, results: readonly TrialResult[], amount: Amount): Map<string, Scores> {
  const people = new Map<string, { genuine: number[]; impostor: number[] }>();
  for (const result of results) {
    const row = rowAt(result, amount);
    if (row === undefined) continue;
    const trial = set.trials[result.index];
    const person = people.get(trial.claimed) ?? { genuine: [], impostor: [] };
    (trial.genuine ? person.genuine : person.impostor).push(row.llr);
    people.set(trial.claimed, person);
  }
  return people;
}

function rowAt(result: TrialResult, { unit, value }: Amount): ScoreRow | undefined {
  const last = result.rows.at(-1);
  if (last === undefined || unit === "session") return last;
  const measure = (row: ScoreRow): number => {
    if (unit === "keys") return row.keystrokes;
    return unit === "actions" ? row.actions : (row.at - result.start) / 1000;
  };
  if (measure(last) < value) return undefined;
  return result.rows.findLast((row) => measure(row) <= value && row.keystrokes + row.actions > 0);
}

export const pooled = (people: Iterable<Scores>): Scores => {
  const all = [...people];
  return { genuine: all.flatMap((each) => each.genuine), impostor: all.flatMap((each) => each.impostor) };
};

/** One row for each amount that enough trials have. */
export function amountRows(set: RecordedSet, results: readonly TrialResult[]): AmountRow[] {
  return amounts.flatMap((amount) => {
    const people = [...scoresAt(set, results, amount).values()];
    const scores = pooled(people);
    if (scores.genuine.length < 5 || scores.impostor.length < 5) return [];
    const own = people.map(equalErrorRate).filter((rate) => !Number.isNaN(rate));
    const percent = (pair: readonly [number, number]): [number, number] => [100 * pair[0], 100 * pair[1]];
    return [
      {
        ...amount,
        genuine: scores.genuine.length,
        impostor: scores.impostor.length,
        eer: 100 * equalErrorRate(scores),
        eerInterval: percent(bootstrapInterval(people, equalErrorRate, draws, 1)),
        eerMean: 100 * mean(own),
        auc: areaUnderCurve(scores),
        aucInterval: bootstrapInterval(people, areaUnderCurve, draws, 2),
        fnmrAt1: 100 * falseNonMatchAt(scores, 0.01),
        fmrAt1: 100 * falseMatchAt(scores, 0.01),
        cllr: calibrationCost(scores),
      },
    ];
  });
}

/** How takeovers ended, and what the genuine suffered. */
export function takeoverTable(results: readonly TrialResult[]): TakeoverTable {
  let [activeBefore, falseQuarantines, falseSevers, takeovers, severed, untouched, observations] = [
    0, 0, 0, 0, 0, 0, 0,
  ];
  const delays: number[] = [];
  const actions: number[] = [];
  for (const result of results) {
    const { takeoverMs } = result;
    const limit = takeoverMs ?? Number.POSITIVE_INFINITY;
    activeBefore += result.activeBefore;
    observations += result.observationsBefore;
    const before = result.verdicts.filter((row) => row.verdict !== "end" && row.at < limit);
    falseQuarantines += before.filter((row) => row.verdict === "quarantine").length;
    falseSevers += before.filter((row) => row.verdict === "sever").length;
    if (before.length === 0) untouched++;
    if (takeoverMs === null) continue;
    takeovers++;
    const caught = result.verdicts.find((row) => row.verdict === "quarantine" && row.at >= limit);
    if (result.verdicts.some((row) => row.verdict === "sever" && row.at >= limit)) severed++;
    if (caught === undefined) continue;
    delays.push((caught.at - takeoverMs) / 1000);
    actions.push(caught.keystrokes + caught.actions - result.observationsBefore);
  }
  const hours = activeBefore / 3_600_000;
  const all = [...delays, ...Array.from({ length: takeovers - delays.length }, () => Number.POSITIVE_INFINITY)];
  return {
    genuineHours: hours,
    falseQuarantines,
    perEightHours: (8 * falseQuarantines) / hours,
    perEightHoursBound: (8 * poissonUpperBound(falseQuarantines)) / hours,
    falseSevers,
    takeovers,
    caught: delays.length,
    severed,
    medianSeconds: rank(all, 0.5),
    p90Seconds: rank(all, 0.9),
    medianOfCaught: quantile(delays, 0.5),
    p90OfCaught: quantile(delays, 0.9),
    ania: mean(actions),
    anga: falseQuarantines === 0 ? Number.POSITIVE_INFINITY : observations / falseQuarantines,
    neverLocked: results.length === 0 ? Number.NaN : untouched / results.length,
  };
}

/** The smallest value that a share of the values does not exceed: for values that may be infinite. */
function rank(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
