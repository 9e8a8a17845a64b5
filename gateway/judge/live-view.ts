/** A session's watch as operators see it: monotonic times become wall times, nats become trust. */
import type { Clock } from "../core/clock.ts";
import type { LiveDetail, LiveSummary, ToldDecision } from "../core/live.ts";
import type { Maturity } from "../core/maturity.ts";
import type { SessionInfo } from "../core/session.ts";
import { type EpochMillis, epochMillis, type Millis } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import type { Inspector } from "../inspect/inspector.ts";
import type { Decider } from "../policy/decider.ts";
import type { LiveRecord } from "./live-record.ts";

/** What a watch lends to be looked at. */
export interface Viewed {
  readonly session: SessionInfo;
  readonly maturity: Maturity;
  readonly comparedWith: number;
  readonly decider: Decider;
  readonly inspector: Inspector;
  readonly record: LiveRecord;
  readonly llr: Readonly<Record<"keyboard" | "pointer", number>>;
  readonly signals: readonly string[];
  readonly worker: string;
}

/** Suspicion this far below the limit of quarantine counts as no risk at all, nats. */
const noRiskBelow = 8;

const wallTime = (clock: Clock) => {
  const offset = clock.wall() - clock.now();
  return (at: Millis): EpochMillis => epochMillis(Math.max(0, Math.round(at + offset)));
};

/** @returns the session at a glance */
export function summaryOf(
  { session, maturity, decider, inspector, record, worker }: Viewed,
  clock: Clock,
): LiveSummary {
  const { verdict, wouldBe, mode, rule } = decider.decision;
  const { id, agent, connection, startedAt } = session;
  return {
    id,
    agent,
    maturity,
    connection,
    startedAt,
    worker,
    trust: decider.filter.trust,
    risk: riskOf(decider),
    thresholds: decider.limits,
    verdict,
    wouldBe,
    mode,
    rule,
    keystrokes: inspector.keystrokes,
    actions: inspector.actions,
    lastEvidenceAt: Number.isNaN(record.lastAt) ? null : wallTime(clock)(record.lastAt as Millis),
    link: { jitterMs: inspector.jitter, weight: inspector.linkWeight },
    decided: newest(record.decisions, wallTime(clock)),
    sparkline: record.sparkline(),
  };
}

/** @returns the session in full */
export function detailOf(viewed: Viewed, clock: Clock): LiveDetail {
  const wall = wallTime(clock);
  const { session, decider, inspector, record, llr, signals } = viewed;
  const { holdEnds } = decider;
  return {
    ...summaryOf(viewed, clock),
    address: session.address,
    comparedWith: viewed.comparedWith,
    timeline: record.timeline().map(({ at, trust }) => ({ at: wall(at), trust })),
    evidence: record.windows().map((window) => ({ ...window, at: wall(window.at) })),
    llr: { ...llr },
    decisions: record.decisions.map((decision) => ({ ...told(decision), at: wall(decision.at) })),
    signals,
    outlook: decider.outlook(clock.now(), inspector.keystrokes, inspector.actions),
    quarantineEndsAt: holdEnds === null ? null : wall(holdEnds),
  };
}

function newest(decisions: readonly Decision[], wall: (at: Millis) => EpochMillis): ToldDecision | null {
  const last = decisions.at(-1);
  return last === undefined ? null : { ...told(last), at: wall(last.at) };
}

const told = ({ verdict, wouldBe, mode, trust, rule, reasons }: Decision) => ({
  verdict,
  wouldBe,
  mode,
  trust,
  rule,
  reasons,
});

/** How near suspicion is to the limit, on a straight line in nats; held is 100. */
function riskOf({ filter, suspicionLimit, decision }: Decider): number {
  if (decision.wouldBe === "quarantine" || decision.wouldBe === "sever") return 100;
  const share = 1 - (suspicionLimit - filter.suspicion) / noRiskBelow;
  return 100 * Math.min(Math.max(share, 0), 1);
}
