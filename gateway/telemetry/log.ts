/** The log: JSON lines by pino. One canonical line a decision; nothing typed, no token and no key in any of them. */
import { type DestinationStream, pino } from "pino";
import type { Log } from "../core/log.ts";
import type { SessionInfo } from "../core/session.ts";
import type { Decision } from "../core/verdict.ts";

export type Level = "debug" | "info" | "warn" | "error" | "silent";

/** Fields that must never be written, should a caller pass them by mistake. */
const secrets = ["token", "settings", "password", "keysym", "text", "query", "url"];

/** A line waits so long, ms, for others to be written with: a write of its own is most of what it costs. */
const lineWait = 50;
const mostWaiting = 8 * 1024;
/** Characters that wait where nobody reads the output: lines beyond it are lost, and counted. */
const mostUnread = 16 * 1024 * 1024;

/** Of this process's standard output, which has one log. */
export const output = { linesLost: 0 };

/** Standard output, some lines at a time; what waits is written when the process exits, however it does. */
function standardOutput(): DestinationStream {
  let waiting = "";
  let failing = false;
  const flush = (): void => {
    if (waiting !== "") standard.write(waiting);
    waiting = "";
  };
  // Before the library's own, which writes what it was given; on a full disk it would try for ever.
  for (const event of ["beforeExit", "exit"]) process.on(event, flush);
  process.on("exit", () => {
    if (failing) standard.flushSync = () => {};
  });
  const standard = pino.destination({ dest: 1, sync: false, maxLength: mostUnread });
  standard.on("drop", (lines: string) => (output.linesLost += lines.split("\n").length - 1));
  // A full disk: what could not be written waits, and is tried again with the next lines.
  standard.on("error", () => (failing = true));
  standard.on("write", () => (failing = false));
  return {
    write(line: string): void {
      if (waiting === "") setTimeout(flush, lineWait).unref();
      waiting += line;
      if (waiting.length >= mostWaiting) flush();
    },
  };
}

/**
 * @param destination standard output by default; tests give their own
 * @param about fields of every line
 */
export function createLog(
  level: Level,
  destination?: DestinationStream,
  about: Readonly<Record<string, string>> = {},
): Log & { level: string } {
  const options = {
    level,
    base: { service: "samehand", ...about },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], remove: true },
  };
  return pino(options, destination ?? standardOutput());
}

/** The canonical line of a decision: everything that explains it, in one place. */
export function logDecision(log: Log, session: SessionInfo, decision: Decision): void {
  const serious = decision.wouldBe === "quarantine" || decision.wouldBe === "sever";
  log[serious ? "warn" : "info"](
    {
      event: "decision",
      session: session.id,
      agent: session.agent,
      connection: session.connection,
      address: session.address,
      mode: decision.mode,
      verdict: decision.verdict,
      wouldBe: decision.wouldBe,
      rule: decision.rule,
      trust: Math.round(decision.trust * 100) / 100,
      keystrokes: decision.keystrokes,
      actions: decision.actions,
      reasons: decision.reasons.map((reason) => reason.text),
    },
    `${decision.mode}: ${decision.wouldBe}`,
  );
}
