/** What is known of a session, and the two ends that the proxy and its judge hold of one another. */
import type { SamehandError } from "./errors.ts";
import type { InputSink } from "./input.ts";
import type { Prompt } from "./prompt.ts";
import type { AgentName, EpochMillis, Millis, SessionId } from "./units.ts";
import type { Decision, Verdict } from "./verdict.ts";

/** What a token opened: who, and onto what. */
export interface Ticket {
  readonly agent: AgentName;
  /** The connection's name, for people and for locks. */
  readonly connection: string;
  /** guacd's protocol (`vnc`, `rdp`, `ssh`, ...), or the id of a live connection to join. */
  readonly target: { readonly protocol: string } | { readonly join: string };
  /** guacd's parameters for that protocol. Secret: never logged. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface SessionInfo {
  readonly id: SessionId;
  readonly agent: AgentName;
  readonly connection: string;
  readonly startedAt: EpochMillis;
  /** The viewer's address, for the log of the decision and for limits. */
  readonly address: string;
  /** What the viewer reads, as its `Accept-Language` header says; empty where none came. At most 200 characters. */
  readonly languages?: string;
  /** Input comes in batches of a round trip (the tunnel over plain HTTP): its rhythm is bent, and teaches nothing. */
  readonly batched?: boolean;
}

/**
 * The judge's side of a session: hears every input event before it is forwarded, and says what stands.
 * All calls are synchronous and cheap; the proxy forwards nothing once `verdict` is `quarantine` or `sever`.
 */
export interface Watch extends InputSink {
  /** What stands now. In report mode always `allow` or `alert`. Read by the proxy after each event. */
  readonly verdict: Verdict;
  /** The decision behind `verdict`, for messages. */
  readonly decision: Decision;
  /** A round trip over the viewer's link was seen (a ping or a sync and its answer). */
  roundTrip(at: Millis, rtt: Millis): void;
  /** Time passed without input: time-outs of a quarantine are decided here. The proxy calls it about once a second. */
  tick(at: Millis): void;
  /** The event loop or the socket was blocked until `at`: timing before it lies, and is not scored. */
  stalled(at: Millis): void;
  /** In a hold, something was typed into the client's own dialog. */
  answer?(at: Millis, text: string): void;
  /** The session is over. Saves what was learned; never throws. */
  close(at: Millis, error: SamehandError | null): void;
}

/** The proxy's side of a session: the kill path. Idempotent; callable at any time from anywhere in the process. */
export interface SessionControl {
  /** Holds all input and covers the screen. */
  quarantine(decision: Decision): void;
  /**
   * What the hold screen shows from now on, in place of the organisation's notice; kept for when the hold begins.
   * A prompt that differs from the one before only in its field or progress costs a redraw of that part.
   */
  show(prompt: Prompt): void;
  /** Lets input flow again. */
  release(decision: Decision): void;
  /** Ends the session: the error instruction, `disconnect` upstream, the close with its status. */
  sever(error: SamehandError): void;
}

/** The judge, as the proxy sees it. */
export interface Judge {
  /**
   * Decides whether a ticket may open a session, and starts watching it.
   * @throws SamehandError `agent-locked`, `agent-unknown`, `too-many-sessions`, `store-unavailable`
   */
  open(ticket: Ticket, session: SessionInfo, control: SessionControl): Promise<Watch>;
}
