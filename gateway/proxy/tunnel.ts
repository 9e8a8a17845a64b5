/**
 * One session: a viewer's WebSocket, a guacd connection, and the judge between them. It opens, relays, holds and ends;
 * the way of each instruction is in `input-path.ts`, the way of the display in `upstream.ts`.
 */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Prompt } from "../core/prompt.ts";
import type { SessionControl, SessionInfo, Watch } from "../core/session.ts";
import type { Millis, SessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import { ClientParser } from "../protocol/guacamole/client-parser.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import { kindOf, opcode } from "../protocol/guacamole/opcodes.ts";
import { Hold, type HoldOwner } from "./hold.ts";
import { type Gate, InputPath } from "./input-path.ts";
import { Link } from "./link.ts";
import type { GuacdOptions } from "./options.ts";
import type { Fetch } from "./picture-return.ts";
import { Progress } from "./progress.ts";
import { ReadMeter } from "./read-meter.ts";
import type { ViewerTraits } from "./request.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Entry, Opening, Target, TargetOwner } from "./target.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";

/** From the error instruction to the close: what a viewer needs to show it. */
const lastWordsMillis = 200;
/** A probe of the link each so many ticks. */
const ticksPerProbe = 5;

export class Tunnel implements SessionControl, Gate, ViewerOwner, TargetOwner, HoldOwner {
  readonly #around: Surroundings<Tunnel>;
  readonly #viewer: Viewer;
  readonly #parser = new ClientParser();
  readonly #hold: Hold;
  readonly #read: ReadMeter;
  readonly #visit = (instruction: ClientInstruction): boolean => this.#hear(instruction);
  /** Without agent and connection until the token is open. */
  #info: SessionInfo;
  #guacd: GuacdOptions | null = null;
  /** Once the target answered it only serves to fetch the picture, and is null where it cannot. */
  #opening: Opening | null = null;
  #upstream: Target | null = null;
  #watch: Watch | null = null;
  #verdict: Verdict = "allow";
  #ended = false;
  /** Nothing that this viewer does reaches the target. */
  #watchOnly = false;
  readonly #begunAt: Millis;
  readonly #link = new Link();
  readonly #progress: Progress;
  /** There once guacd is ready. */
  #input: InputPath | null = null;
  #paused = false;
  #ticks = 0;

  constructor(
    info: SessionInfo,
    traits: ViewerTraits,
    around: Surroundings<Tunnel>,
    makeViewer: (owner: ViewerOwner) => Viewer,
  ) {
    const now = around.clock.now();
    this.#info = info;
    this.#around = around;
    this.#read = new ReadMeter(around.options.limits, now);
    this.#begunAt = now;
    this.#progress = new Progress(now);
    this.#viewer = makeViewer(this);
    this.#hold = new Hold(traits, () => around.options.notice, this.#viewer, around.tally, this);
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
    this.#upstream = opening.connect(this);
    this.#guacd = opening.guacd;
  }

  // --- the judge's hand on the session

  quarantine(_decision: Decision): void {
    this.#quarantine();
  }

  show(prompt: Prompt): void {
    if (!this.#ended) this.#hold.show(prompt);
  }

  release(_decision: Decision): void {
    this.#release();
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
    this.#upstream?.end(say.disconnect, how.severed === true);
    this.#opening = null;
    if (error === null) this.#viewer.end(1000, "");
    else this.#lastWords(error, how.told === true, how.atOnce === true);
    this.#count(error);
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

  #count(error: SamehandError | null): void {
    const { tally, log } = this.#around;
    if (this.#input !== null) {
      tally.sessionsLive -= 1;
      tally.sessionsClosed += 1;
    }
    this.#hold.ended();
    if (error !== null) tally.refused(error.code);
    const { id, agent, connection, address } = this.#info;
    const fields = {
      session: id,
      agent,
      connection,
      address,
      code: error?.code ?? "closed",
      detail: error?.detail ?? "",
    };
    log.info(fields, this.#input !== null ? "session ended" : "session refused");
  }

  /** About once a second. */
  tick(at: Millis): void {
    if (this.#ended) return;
    const { timeouts } = this.#around.options;
    if (this.#input === null) {
      const connecting = this.#upstream?.connecting === true && at - this.#begunAt > timeouts.connect * 1000;
      if (connecting || at - this.#begunAt > timeouts.handshake * 1000) this.end(new SamehandError("upstream-timeout"));
      return;
    }
    this.#guarded(() => {
      this.#watch!.tick(at);
      this.flows();
    });
    if (this.#ended) return;
    this.#upstream!.trim();
    this.#hold.tick();
    this.#ticks += 1;
    if (this.#ticks % ticksPerProbe === 0 && this.#viewer.waiting === 0) {
      this.#link.probed(this.#around.clock.now());
      this.#viewer.probe();
    }
    const stuck = this.#progress.check(at, this.#viewer.waiting, this.#paused, timeouts);
    if (stuck !== null) this.end(stuck);
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

  // --- viewer to target

  readBegins(at: Millis, bytes: number, together = false): void {
    const { tally, options } = this.#around;
    tally.bytesFromClient += bytes;
    if (!this.#read.begin(at, bytes, together || this.#around.late(at), options.limits))
      this.end(new SamehandError("byte-rate-exceeded"));
  }

  message(buffer: Uint8Array, start: number, end: number): boolean {
    return !this.#ended && this.#parser.parse(buffer, start, end, this.#visit);
  }

  broken(error: SamehandError): void {
    this.end(error);
  }

  readEnds(): void {
    const { output, tally, options } = this.#around;
    const upstream = this.#upstream;
    if (this.#ended || upstream === null) output.discard(upstream);
    else output.flush(upstream);
    const { at, instructions, frames } = this.#read;
    if (this.#ended || instructions + frames === 0) return;
    tally.instructionsFromClient += instructions;
    if (instructions > 0) this.#progress.heard(at);
    if (!this.#read.end(options.limits)) this.end(new SamehandError("rate-exceeded"));
    else if (upstream !== null && upstream.waiting > options.limits.bufferedBytes) {
      this.#paused = true;
      this.#viewer.pause();
    }
  }

  flushed(): void {
    if (!this.#paused || this.#upstream!.waiting > 0) return;
    this.#paused = false;
    this.#viewer.resume();
    this.stalled(this.#around.clock.now());
  }

  framed(count: number): void {
    this.#read.frames += count;
  }

  pong(at: Millis): void {
    const trip = this.#link.pong(at);
    if (trip !== null) this.#watch?.roundTrip(at, trip);
  }

  gone(): void {
    this.end(null);
  }

  /** @returns false to stop parsing */
  #hear(instruction: ClientInstruction): boolean {
    const { at, late } = this.#read;
    this.#read.instructions += 1;
    // Each event of such a read: what waited together came in one go, whatever the hand did.
    if (late) this.stalled(at);
    if (this.#ended) return false;
    if (this.#input !== null) this.#input.hear(at, instruction);
    else if (kindOf(instruction.opcode) !== "control")
      throw new SamehandError("instruction-refused", "input before the session is open");
    else if (instruction.opcode === opcode.disconnect) this.leave();
    return !this.#ended;
  }

  answer(text: string): void {
    this.#viewer.say(text);
  }

  leave(): void {
    this.end(null);
  }

  flows(): boolean {
    const { verdict } = this.#watch!;
    const before = this.#verdict;
    if (verdict !== before) {
      this.#verdict = verdict;
      if (verdict === "sever") this.sever(new SamehandError("session-severed"));
      else if (verdict === "quarantine") this.#quarantine();
      else if (before === "quarantine") this.#release();
    }
    return !this.#hold.on && !this.#watchOnly && !this.#ended && (verdict === "allow" || verdict === "alert");
  }

  #quarantine(): void {
    if (this.#ended || this.#hold.own) return;
    this.#around.tally.sessionsQuarantined += 1;
    this.#hold.setOwn(true);
    this.#around.shared(this);
  }

  #release(): void {
    if (this.#ended || !this.#hold.own) return;
    this.#hold.setOwn(false);
    this.#around.shared(this);
  }

  // --- target to viewer

  ready(): void {
    if (this.#ended) return;
    const { tally, clock, log } = this.#around;
    this.#input = new InputPath(this.#watch!, this.#upstream!, this.#around.output, tally, this.#link, this);
    if (this.#opening?.fetch === undefined && this.#opening?.seek === undefined) this.#opening = null;
    this.#progress.heard(clock.now());
    tally.sessionsOpened += 1;
    tally.sessionsLive += 1;
    const { id, agent, connection, address } = this.#info;
    log.info({ session: id, agent, connection, address }, "session opened");
    this.#viewer.say(say.tunnelId(this.#upstream!.tunnelId || id));
    this.#hold.opened(this.#input, this.#upstream!);
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

  get fetch(): Fetch | null {
    const fetch = this.#opening?.fetch?.bind(this.#opening);
    if (fetch === undefined) return null;
    return (limits, owner) => fetch(this.connectionId, limits, owner);
  }

  seek(found: () => void): void {
    this.#opening?.seek?.(this.connectionId, found);
  }

  returned(): void {
    this.#input?.release(this.#around.clock.now());
  }

  pictureLost(error: SamehandError): void {
    this.end(error);
  }

  drained(): void {
    this.#progress.took();
    if (this.#viewer.waiting === 0) this.#upstream?.taken();
  }

  lost(error: SamehandError): void {
    const opening = this.#opening;
    const unreachable = this.#input === null && error.code === "upstream-unreachable";
    if (unreachable && opening !== null && opening.more) {
      this.#around.log.warn({ detail: error.detail }, "a guacd cannot be reached; trying the next one");
      this.#connect(opening);
      return;
    }
    const scanner = this.#upstream?.scanner;
    if (scanner?.disconnected === true) this.end(null);
    else this.end(error, { told: (scanner?.errorStatus ?? 0) !== 0 });
  }
}
