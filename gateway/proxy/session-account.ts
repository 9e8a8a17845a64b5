/** What is counted and logged of a session: that it opened, and how it ended or why it was refused. */
import type { SamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SessionInfo } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";

interface Books {
  readonly tally: Tally;
  readonly log: Log;
}

export function tellOpened({ tally, log }: Books, { id, agent, connection, address }: SessionInfo): void {
  tally.sessionsOpened += 1;
  tally.sessionsLive += 1;
  log.info({ session: id, agent, connection, address }, "session opened");
}

/** @param wasOpen false: it was refused before it opened. @param error null: the viewer left */
export function tellEnded(
  { tally, log }: Books,
  { id, agent, connection, address }: SessionInfo,
  wasOpen: boolean,
  error: SamehandError | null,
): void {
  if (wasOpen) {
    tally.sessionsLive -= 1;
    tally.sessionsClosed += 1;
  }
  if (error !== null) tally.refused(error.code);
  const { code, detail } = error ?? { code: "closed", detail: "" };
  log.info({ session: id, agent, connection, address, code, detail }, wasOpen ? "session ended" : "session refused");
}
