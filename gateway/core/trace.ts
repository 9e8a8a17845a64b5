/** The port through which a session tells what happens to it to whoever traces sessions (gateway/delivery/traces.ts). */
import type { SessionInfo } from "./session.ts";
import type { Decision } from "./verdict.ts";

/** One session's trace. Never throws. */
export interface SessionTrace {
  decided(decision: Decision): void;
  /** @param end `closed`, or the code of the error that ended it */
  ended(end: string): void;
}

export interface Traces {
  /** Null while nobody wants traces: a session then tells nothing to nobody. */
  session(session: SessionInfo): SessionTrace | null;
}
