/**
 * What is counted: plain numbers that the hot path adds to and telemetry reads at a scrape.
 * Adding to a field costs a nanosecond; a metrics library's counter a hundred.
 */
import type { ErrorCode } from "./errors.ts";
import type { SignalName } from "./signal.ts";
import type { Verdict } from "./verdict.ts";

export class Tally {
  sessionsOpened = 0;
  sessionsClosed = 0;
  sessionsQuarantined = 0;
  sessionsSevered = 0;
  /** Live now. */
  sessionsLive = 0;
  sessionsHeld = 0;
  connectionsOpen = 0;
  instructionsFromClient = 0;
  instructionsHeld = 0;
  bytesFromClient = 0;
  bytesToClient = 0;
  pointerEvents = 0;
  keyEvents = 0;
  /** Touches, which nothing scores and which therefore never reach the target. */
  touchesDropped = 0;
  /** Reads after which the target had to be paused because the viewer was slow. */
  backpressurePauses = 0;
  /** Windows of evidence made, and those given no weight because the link was bad. */
  evidenceWindows = 0;
  abstentions = 0;
  /** Logins of the web application seen, and HTTP tunnels that went by unseen, were inspected, or were refused. */
  signInsLearned = 0;
  httpTunnelsPassed = 0;
  httpTunnelsDegraded = 0;
  httpTunnelsRefused = 0;
  /** Web applications that do not answer now. */
  upstreamsLost = 0;
  profilesSaved = 0;
  profileSaveFailures = 0;
  /** Writes that a store did not take for so long, or so finally, that they were lost. */
  writesGivenUp = 0;
  /** Refusals and failures by the catalogue's code. */
  readonly refusals = new Map<ErrorCode, number>();
  /** Decisions by `mode verdict`, for example `report quarantine` (what it would have been). */
  readonly decisions = new Map<string, number>();

  /** Challenges, and attempts at one, by how they went. */
  readonly challenges = new Map<string, number>();

  /** Signals that began in a session, by name. */
  readonly signals = new Map<SignalName, number>();

  signalled(name: SignalName): void {
    this.signals.set(name, (this.signals.get(name) ?? 0) + 1);
  }

  challenged(outcome: string): void {
    this.challenges.set(outcome, (this.challenges.get(outcome) ?? 0) + 1);
  }

  refused(code: ErrorCode): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  decided(mode: string, verdict: Verdict): void {
    const key = `${mode} ${verdict}`;
    this.decisions.set(key, (this.decisions.get(key) ?? 0) + 1);
  }
}
