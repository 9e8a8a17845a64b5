/** Live sessions as the contract has them: in words and rounded figures, found and sorted. */
import type { EvidencePoint as LivePoint, LiveDetail, LiveSummary, ToldDecision } from "../core/live.ts";
import { stricter } from "../core/verdict.ts";
import type { Given } from "./contract/routes.ts";
import type { EvidencePoint, Outlook, Session, SessionDecision, SessionDetail } from "./contract/session.ts";
import type { RuleWords } from "./rule-words.ts";

/** A live session as the contract has it: figures rounded to what a screen shows. */
export function sessionOf(live: LiveSummary, words: RuleWords): Session {
  const { thresholds, link, decided } = live;
  return {
    ...live,
    trust: round(live.trust, 2),
    risk: round(live.risk, 1),
    thresholds: {
      alert: round(thresholds.alert, 3),
      quarantine: round(thresholds.quarantine, 3),
      sever: round(thresholds.sever, 4),
    },
    link: { jitterMs: round(link.jitterMs, 1), weight: round(link.weight, 2) },
    decided: decided === null ? null : decisionOf(decided, words),
    sparkline: [...live.sparkline],
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** A decision in words. */
export function decisionOf({ reasons, ...decision }: ToldDecision, words: RuleWords): SessionDecision {
  const told = reasons.map(({ code, text }) => ({ code, text }));
  return { ...decision, trust: round(decision.trust, 2), because: words(decision.rule), reasons: told };
}

/** A live session in full. */
export function detailOf(live: LiveDetail, words: RuleWords): SessionDetail {
  const {
    address,
    comparedWith,
    timeline,
    evidence,
    llr,
    decisions,
    signals,
    quarantineEndsAt,
    outlook: _,
    ...summary
  } = live;
  const of = (modality: LivePoint["modality"]) => evidence.filter((point) => point.modality === modality).map(pointOf);
  return {
    ...sessionOf(summary, words),
    address,
    timeline: timeline.map(({ at, trust }) => ({ at, trust: round(trust, 2) })),
    evidence: { keyboard: of("keyboard"), pointer: of("pointer") },
    llr: { keyboard: round(llr.keyboard, 2), pointer: round(llr.pointer, 2) },
    decisions: decisions.map((decision) => decisionOf(decision, words)),
    signals: [...signals],
    quarantineEndsAt,
    comparedWith,
    next: nextOf(live, words),
  };
}

const pointOf = ({ at, llr, weight, trust }: LivePoint): EvidencePoint => ({
  at,
  llr: round(llr, 3),
  weight: round(weight, 2),
  trust: round(trust, 2),
});

function nextOf({ outlook, quarantineEndsAt, verdict }: LiveDetail, words: RuleWords): Outlook[] {
  const falls = outlook.map(({ below, verdict, rule }) => ({
    verdict,
    when: `trust falls below ${below < 1 ? below.toPrecision(1) : Math.round(below)}: ${words(rule)}`,
    at: null,
  }));
  if (quarantineEndsAt === null || verdict !== "quarantine") return falls;
  const ends = "the quarantine ends without the agent being recognised";
  return [...falls, { verdict: "sever", when: ends, at: quarantineEndsAt }];
}

type Query = Given<"sessions">["query"];

/** Whether a session is asked for. */
export const matches = ({ search, verdict, agent }: Query) => {
  const part = search?.toLowerCase();
  return (live: LiveSummary): boolean =>
    (agent === undefined || live.agent === agent) &&
    (verdict === undefined || live.wouldBe === verdict || stricter(live.wouldBe, verdict)) &&
    (part === undefined ||
      live.agent.toLowerCase().includes(part) ||
      live.connection.toLowerCase().includes(part) ||
      live.id.startsWith(part));
};

/** How the list may be sorted. */
export const orders: Record<Query["sort"], (a: LiveSummary, b: LiveSummary) => number> = {
  risk: (a, b) => b.risk - a.risk || a.trust - b.trust || byId(a, b),
  agent: (a, b) => a.agent.localeCompare(b.agent) || byId(a, b),
  started: (a, b) => b.startedAt - a.startedAt || byId(a, b),
};
const byId = (a: LiveSummary, b: LiveSummary): number => (a.id < b.id ? -1 : 1);
