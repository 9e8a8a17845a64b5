/**
 * One session: a viewer's WebSocket, a guacd connection, and the judge between them. It opens, relays, holds and ends;
 * the way of each instruction is in `input-path.ts`, the way of the display in `upstream.ts`.
 */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Prompt } from "../core/prompt.ts";
import type { SessionControl, SessionInfo, Watch } from "../core/session.ts";
import type { Millis, SessionId } from "../core/units.ts";
import type { Verdict } from "../core/verdict.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import { Hold } from "./hold.ts";
import { type Gate, InputPath } from "./input-path.ts";
import { Intake, type IntakeOwner } from "./intake.ts";
import { Link } from "./link.ts";
import type { GuacdOptions, Timeouts } from "./options.ts";
import type { ViewerTraits } from "./request.ts";
import { tellEnded, tellOpened } from "./session-account.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Entry, Opening, Target, TargetOwner } from "./target.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";

/** From the error instruction to the close: what a viewer needs to show it. */
const lastWordsMillis = 200;

export class Tunnel implements SessionControl, Gate, IntakeOwner, TargetOwner {
  readonly #around: Surroundings<Tunnel>;
  readonly #intake: Intake;
  readonly #viewer: Viewer;
  readonly #hold: Hold;
  /** Without agent and connection until the token is open. */
  #info: SessionInfo;
  #guacd: GuacdOptions | null = null;
  /** There until the target answers, or the session is over. */
  #opening: Opening | null = null;
  #upstream: Target | null = null;
  /** When it began to connect. */
  #triedAt = 0 as Millis;
  #watch: Watch | null = null;
  #verdict: Verdict = "allow";
  #ended = false;
  /** Nothing that this viewer does reaches the target. */
  #watchOnly = false;
  readonly #begunAt: Millis;
  readonly #link = new Link();
  /** There once guacd is ready. */
  #input: InputPath | null = null;

  constructor(
    info: SessionInfo,
    traits: ViewerTraits,
    around: Surroundings<Tunnel>,
    makeViewer: (owner: ViewerOwner) => Viewer,
  ) {
    this.#info = info;
    this.#around = around;
    this.#begunAt = around.clock.now();
    this.#intake = new Intake(this, around, makeViewer);
    this.#viewer = this.#intake.viewer;
    this.#hold = new Hold(traits, this.#viewer, around, (error) => this.end(error));
  }

  get id(): SessionId {
    return this.#info.id;
  }

  /** guacd's id of the connection, by which others join it; empty until it is there. */
  get connectionId(): string {
    return this.#upstream?.connectionId ?? "";
  }

  /** What the target calls the tunnel, where it has a name of its own; else empty. */
  get tunnelId(): string {
    return this.#upstream?.tunnelId ?? "";
  }

  /** Whether nothing of the desktop may leave it, its files included. */
  get withheld(): boolean {
    return this.#hold.on;
  }

  /** Whether it ended: nothing is heard or shown any more. */
  get over(): boolean {
    return this.#ended;
  }

  /** The guacd of this session: whoever joins it must go there. */
  get guacd(): GuacdOptions | null {
    return this.#guacd;
  }

  /** Opens the token, asks the judge, and connects. Never throws: a failure ends the tunnel. */
  async open(enter: () => Promise<Entry>): Promise<void> {
    try {
      const entry = await enter();
      const { ticket } = entry;
      if (this.#ended) return;
      this.#info = { ...this.#info, agent: ticket.agent, connection: ticket.connection };
      this.#watchOnly = entry.watchOnly === true;
      const watch = await (entry.judge ?? this.#around.judge).open(ticket, this.#info, this);
      if (this.#ended) {
        watch.close(this.#around.clock.now(), null);
        return;
      }
      this.#watch = watch;
      this.#opening = entry.opening();
      this.#connect(this.#opening);
    } catch (error) {
      this.end(asSamehandError(error, "verification-failed"));
    }
  }

  #connect(opening: Opening): void {
    this.#triedAt = this.#around.clock.now();
    this.#upstream = opening.connect(this);
    this.#guacd = opening.guacd;
  }

  // --- the judge's hand on the session

  quarantine(): void {
    if (this.#ended || this.#hold.own) return;
    this.#around.tally.sessionsQuarantined += 1;
    this.#hold.setOwn(true);
    this.#around.shared(this);
  }

  show(prompt: Prompt): void {
    if (!this.#ended) this.#hold.show(prompt);
  }

  release(): void {
    if (this.#ended || !this.#hold.own) return;
    this.#hold.setOwn(false);
    this.#around.shared(this);
  }

  /** Whether this session is held for what it did itself. */
  get held(): boolean {
    return this.#hold.own && !this.#ended;
  }

  /** A session on the same desktop is held, or none any more: nobody who joined may drive in its place. */
  companionHeld(held: boolean): void {
    if (!this.#ended) this.#hold.setCompanion(held);
  }

  sever(error: SamehandError): void {
    if (this.#ended) return;
    this.#around.tally.sessionsSevered += 1;
    this.end(error, { severed: true });
  }

  /**
   * Ends the session; idempotent. With an error the viewer is told first, and closed a moment later.
   * @param how `told`: guacd has told the viewer already; `atOnce`: close without the moment
   */
  end(error: SamehandError | null, how: { told?: boolean; atOnce?: boolean; severed?: boolean } = {}): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#upstream?.end((this.#input?.releases ?? "") + say.disconnect, how.severed === true);
    this.#opening = null;
    if (error === null) this.#viewer.end(1000, "");
    else this.#lastWords(error, how.told === true, how.atOnce === true);
    this.#hold.ended();
    tellEnded(this.#around, this.#info, this.#input !== null, error);
    try {
      this.#watch?.close(this.#around.clock.now(), error);
    } catch (cause) {
      this.#around.log.error({ session: this.id, cause: String(cause) }, "the judge failed to close a session");
    }
    this.#around.ended(this, how.severed === true ? error : null);
  }

  #lastWords(error: SamehandError, told: boolean, atOnce: boolean): void {
    if (!told) this.#viewer.say((this.#input !== null ? "" : say.tunnelId(this.id)) + say.errorInstruction(error));
    const { close, guacamole } = error.entry;
    const reason = told && this.#upstream !== null ? this.#upstream.scanner.errorStatus || guacamole : guacamole;
    if (atOnce) this.#viewer.end(close, String(reason));
    else setTimeout(() => this.#viewer.end(close, String(reason)), lastWordsMillis);
  }

  /** About once a second. */
  tick(at: Millis): void {
    if (this.#ended) return;
    const { timeouts } = this.#around.options;
    if (this.#input === null) return this.#checkStart(at, timeouts);
    this.#guarded(() => {
      this.#watch!.tick(at);
      this.flows();
    });
    if (this.#ended) return;
    this.#upstream!.trim();
    this.#hold.tick();
    this.#link.tick(this.#viewer, this.#around.clock);
    const stuck = this.#intake.stuck(at);
    if (stuck !== null) this.end(stuck);
  }

  #checkStart(at: Millis, timeouts: Timeouts): void {
    const opening = this.#opening;
    const unreached = this.#upstream?.connecting === true && at - this.#triedAt > timeouts.connect * 1000;
    const late = at - this.#begunAt > timeouts.handshake * 1000;
    if (late || (unreached && opening?.more !== true)) this.end(new SamehandError("upstream-timeout"));
    else if (unreached) {
      // Nothing is told any more of one that was ended.
      this.#upstream!.end("", true);
      this.#tryNext(opening!, "no answer");
    }
  }

  #tryNext(opening: Opening, detail: string): void {
    this.#around.log.warn({ detail }, "a guacd cannot be reached; trying the next one");
    this.#connect(opening);
  }

  /** The event loop was blocked until `at`. */
  stalled(at: Millis): void {
    this.#guarded(() => this.#watch?.stalled(at));
  }

  /** A judge that fails ends its own session, and nothing else. */
  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.end(asSamehandError(error, "verification-failed"));
    }
  }

  // --- the viewer's input

  answer(text: string): void {
    this.#viewer.say(text);
  }

  leave(): void {
    this.end(null);
  }

  get drives(): boolean {
    return !this.#watchOnly;
  }

  flows(): boolean {
    const { verdict } = this.#watch!;
    const before = this.#verdict;
    if (verdict !== before) {
      this.#verdict = verdict;
      if (verdict === "sever") this.sever(new SamehandError("session-severed"));
      else if (verdict === "quarantine") this.quarantine();
      else if (before === "quarantine") this.release();
    }
    return !this.#hold.on && !this.#watchOnly && !this.#ended && (verdict === "allow" || verdict === "alert");
  }

  // --- target to viewer

  ready(): void {
    if (this.#ended) return;
    const { output, tally } = this.#around;
    const target = this.#upstream!;
    this.#input = new InputPath(this.#watch!, target, output, tally, this.#link, this);
    this.#intake.opened(this.#input, target);
    tellOpened(this.#around, this.#info);
    this.#viewer.say(say.tunnelId(target.tunnelId || this.id));
    this.#hold.opened(this.#input, target, this.#opening!);
    this.#opening = null;
    this.#around.shared(this);
    this.flows();
  }

  display(whole: Uint8Array, from: number): boolean {
    if (this.#hold.takes) return this.#withhold(whole, from);
    const frame = this.#hold.lingers ? this.#hold.passing(whole, from) : whole;
    const { tally, clock } = this.#around;
    const { scanner } = this.#upstream!;
    tally.bytesToClient += frame.byteLength;
    // an empty message would end some clients
    if (frame.byteLength > 0) this.#viewer.write(frame);
    this.#link.sent(scanner, clock.now());
    if (this.#viewer.waiting === 0) return true;
    tally.backpressurePauses += 1;
    return false;
  }

  #withhold(frame: Uint8Array, from: number): boolean {
    this.#hold.take(frame, from, frame.length);
    this.#link.withheld(this.#upstream!.scanner);
    return true;
  }

  flushed(): void {
    this.#intake.flushed();
  }

  lost(error: SamehandError): void {
    const opening = this.#opening;
    const unreachable = this.#input === null && error.code === "upstream-unreachable";
    if (unreachable && opening !== null && opening.more) return this.#tryNext(opening, error.detail);
    const scanner = this.#upstream?.scanner;
    if (scanner?.disconnected === true) this.end(null);
    else this.end(error, { told: (scanner?.errorStatus ?? 0) !== 0 });
  }
}
