/**
 * One session as spans: the session, with its verdicts as events; and in it a span for each hold, with the attempts at
 * its challenge. No agent's name and no address: the trace's id is the session's, which the log and the audit know.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { SessionInfo } from "../core/session.ts";
import type { SessionTrace } from "../core/trace.ts";
import type { Decision } from "../core/verdict.ts";
import type { Attributes, Span, SpanEvent } from "./otlp.ts";

/** Of one span; a session that is held and released all day tells of the first. */
const mostEvents = 128;

interface Open {
  readonly spanId: string;
  readonly name: string;
  readonly from: number;
  readonly attributes: Attributes;
  readonly events: SpanEvent[];
  droppedEvents: number;
}

export class SessionSpans implements SessionTrace {
  readonly #traceId: string;
  readonly #clock: Clock;
  /** Wall time where the session's monotonic clock is 0, so that no span runs backwards. */
  readonly #epoch: number;
  readonly #done: (span: Span) => void;
  readonly #session: Open;
  #hold: Open | null = null;
  #last: Decision | null = null;

  constructor(session: SessionInfo, clock: Clock, done: (span: Span) => void) {
    this.#traceId = session.id.replaceAll("-", "");
    this.#clock = clock;
    this.#epoch = clock.wall() - clock.now();
    this.#done = done;
    this.#session = this.#begin("session", clock.now(), { "samehand.session.id": session.id });
  }

  decided(decision: Decision): void {
    const { at, verdict, wouldBe, mode, trust, rule, reasons } = decision;
    this.#last = decision;
    const attributes = {
      "samehand.verdict": verdict,
      "samehand.would_be": wouldBe,
      "samehand.mode": mode,
      "samehand.rule": rule,
      "samehand.trust": Math.round(trust * 100) / 100,
      // Codes alone: the words may be an operator's.
      "samehand.reasons": reasons.map(({ code }) => code).join(" "),
    };
    const attempt = this.#hold !== null && rule.startsWith("challenge-");
    note(attempt ? this.#hold! : this.#session, {
      name: attempt ? "challenge" : "verdict",
      at: this.#epoch + at,
      attributes,
    });
    if (verdict === "quarantine") this.#hold ??= this.#begin("hold", at, { "samehand.rule": rule });
    else this.#endHold(at, rule, verdict === "sever");
  }

  ended(end: string): void {
    const now = this.#clock.now();
    this.#endHold(now, end, end !== "closed");
    const { verdict = "allow", mode = "", trust = 100 } = this.#last ?? {};
    const attributes = {
      "samehand.end": end,
      "samehand.verdict": verdict,
      "samehand.mode": mode,
      "samehand.trust": Math.round(trust * 100) / 100,
    };
    this.#end(this.#session, "", now, attributes, end !== "closed");
  }

  #begin(name: string, at: number, attributes: Attributes): Open {
    const spanId = randomBytes(8).toString("hex");
    return { spanId, name, from: this.#epoch + at, attributes, events: [], droppedEvents: 0 };
  }

  #endHold(at: number, by: string, failed: boolean): void {
    if (this.#hold !== null) this.#end(this.#hold, this.#session.spanId, at, { "samehand.ended_by": by }, failed);
    this.#hold = null;
  }

  #end(open: Open, parentSpanId: string, at: number, more: Attributes, failed: boolean): void {
    const to = Math.max(open.from, this.#epoch + at);
    const attributes = { ...open.attributes, ...more };
    this.#done({ ...open, traceId: this.#traceId, parentSpanId, to, attributes, failed });
  }
}

function note(open: Open, event: SpanEvent): void {
  if (open.events.length < mostEvents) open.events.push(event);
  else open.droppedEvents += 1;
}
