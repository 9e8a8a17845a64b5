/** One trial: a session's tape against the agent it claims to be. Rows of scores, and verdicts as they would fall. */
import type { Evidence } from "../../models/modality.ts";
import type { Verifier } from "../../models/verifier.ts";
import { type Millis, millis } from "../core/units.ts";
import type { Verdict } from "../core/verdict.ts";
import { Inspector } from "../inspect/inspector.ts";
import type { Decider } from "../policy/decider.ts";
import type { Tape } from "./tape.ts";

/** The calibrated LLR of all input up to a moment. */
export interface ScoreRow {
  readonly at: Millis;
  readonly keystrokes: number;
  readonly actions: number;
  readonly llr: number;
}

export interface VerdictRow {
  readonly verdict: Verdict | "end";
  readonly at: Millis;
  readonly trust: number;
  readonly keystrokes: number;
  readonly actions: number;
}

/** A row at least this often. */
const everyKeystrokes = 25;
const everyActions = 10;
const everyMs = 15_000;

/** Scores a whole tape. Without any usable input there is one row with LLR 0. */
export function scoreTape(
  tape: Tape,
  verifier: Verifier,
  onEvidence?: (evidence: Evidence, at: Millis) => void,
): ScoreRow[] {
  const rows: ScoreRow[] = [];
  const inspector = new Inspector({
    verifier,
    enrolment: null,
    onEvidence: (evidence, _weight, at) => onEvidence?.(evidence, at),
  });
  let told = 0;
  let boundary = tape.start + everyMs;
  const tell = (at: number): void => {
    told = inspector.keystrokes + inspector.actions;
    rows.push({
      at: millis(at),
      keystrokes: inspector.keystrokes,
      actions: inspector.actions,
      llr: verifier.sessionLlr(),
    });
  };
  for (const seen of tape.seen) {
    if (seen.at > boundary) {
      if (inspector.keystrokes + inspector.actions > told) tell(boundary);
      boundary += Math.ceil((seen.at - boundary) / everyMs) * everyMs;
    }
    if (seen.keystroke !== undefined) inspector.keystroke(seen.keystroke, seen.at);
    else inspector.action(seen.action, seen.at);
    const due =
      seen.keystroke === undefined
        ? inspector.actions % everyActions === 0
        : inspector.keystrokes % everyKeystrokes === 0;
    if (due) tell(seen.at);
  }
  if (rows.length === 0 || inspector.keystrokes + inspector.actions > told || (rows.at(-1)?.at ?? 0) < tape.end)
    tell(tape.end);
  return rows;
}

/**
 * When somebody takes over: as it is on the tape's own clock; of a tape by the wall clock it is from its start, ms. Of a
 * control it is when the first event from then on comes; infinite where none does.
 */
export function momentOf(takeoverMs: number, { start, moved }: Tape): number {
  const at = takeoverMs < start ? start + takeoverMs : takeoverMs;
  if (moved === undefined) return at;
  const event = moved.findIndex((time, index) => index % 2 === 0 && time >= at);
  return event < 0 ? Number.POSITIVE_INFINITY : moved[event + 1];
}

/**
 * Walks a tape through trust and policy. A quarantine before the takeover (or any, in a genuine session) counts
 * as a passed challenge; one after it stands.
 */
export function judgeTape(tape: Tape, verifier: Verifier, decider: Decider, takeover: number | null): VerdictRow[] {
  const rows: VerdictRow[] = [];
  const inspector = new Inspector({
    verifier,
    enrolment: null,
    onEvidence: (evidence, weight, at) => {
      const { modality, llr } = evidence;
      const { keystrokes, actions } = inspector;
      const decision = decider.evidence({ at, modality, llr, weight, keystrokes, actions });
      if (decision === null || (decision.verdict !== "quarantine" && decision.verdict !== "sever")) return;
      rows.push({ verdict: decision.verdict, at, trust: decision.trust, keystrokes, actions });
      if (takeover === null || at < takeover) decider.challengePassed(at);
    },
  });
  for (const seen of tape.seen) {
    const expired = decider.tick(seen.at);
    if (expired !== null)
      rows.push({ ...expired, at: seen.at, keystrokes: inspector.keystrokes, actions: inspector.actions });
    if (seen.keystroke !== undefined) inspector.keystroke(seen.keystroke, seen.at);
    else inspector.action(seen.action, seen.at);
  }
  const { keystrokes, actions } = inspector;
  rows.push({ verdict: "end", at: tape.end, trust: decider.filter.trust, keystrokes, actions });
  return rows;
}
