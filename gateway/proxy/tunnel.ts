/**
 * One session: a viewer's WebSocket, a guacd connection, and the judge between them. It opens, relays, holds and ends;
 * the way of each instruction is in `input-path.ts`, the way of the display in `upstream.ts`.
 */
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Prompt } from "../core/prompt.ts";
import type { SessionControl, SessionInfo, Ticket, Watch } from "../core/session.ts";
import type { Millis, SessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import { ClientParser } from "../protocol/guacamole/client-parser.ts";
import { Handshake } from "../protocol/guacamole/handshake.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import { kindOf, opcode } from "../protocol/guacamole/opcodes.ts";
import { HoldScreen } from "./hold-screen.ts";
import { type Gate, InputPath } from "./input-path.ts";
import { Link } from "./link.ts";
import type { GuacdOptions } from "./options.ts";
import { Progress } from "./progress.ts";
import { Rate } from "./rate.ts";
import type { ViewerTraits } from "./request.ts";
import type { Surroundings } from "./surroundings.ts";
import { Upstream, type UpstreamOwner } from "./upstream.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";

/** From the error instruction to the close: what a viewer needs to show it. */
const lastWordsMillis = 200;
/** A probe of the link each so many ticks. */
const ticksPerProbe = 5;
const defaultAudio = ["audio/L8", "audio/L16"];
const defaultImage = ["image/png", "image/jpeg"];

export class Tunnel implements SessionControl, Gate, ViewerOwner, UpstreamOwner {
  readonly #around: Surroundings<Tunnel>;
  /** Null once guacd knows it: its strings may hold on to the whole request line, token and all. */
  #traits: ViewerTraits | null;
  readonly #viewer: Viewer;
  readonly #parser = new ClientParser();
  readonly #screen: HoldScreen;
  readonly #instructionRate: Rate;
  readonly #byteRate: Rate;
  readonly #visit = (instruction: ClientInstruction): boolean => this.#hear(instruction);
  /** Without agent and connection until the token is open. */
  #info: SessionInfo;
  #guacds: readonly GuacdOptions[] = [];
  #guacd: GuacdOptions | null = null;
  /** Tries the next guacd; null once one answered, so that the settings are forgotten. */
  #retry: (() => void) | null = null;
  #upstream: Upstream | null = null;
  #watch: Watch | null = null;
  #verdict: Verdict = "allow";
  #holding = false;
  /** Held for what this session did, and for what another one on the same desktop did. */
  #held = false;
  #companionHeld = false;
  #ended = false;
  readonly #begunAt: Millis;
  readonly #link = new Link();
  readonly #progress: Progress;
  /** There once guacd is ready. */
  #input: InputPath | null = null;
  /** When this read was, and its instructions so far. */
  #at: Millis;
  #instructions = 0;
  /** WebSocket pings of this read: answering one costs as much as an instruction. */
  #pings = 0;
  /** What this read brought waited for a blocked event loop. */
  #late = false;
  #paused = false;
  #sizes = 0;
  #ticks = 0;

  constructor(
    info: SessionInfo,
    traits: ViewerTraits,
    around: Surroundings<Tunnel>,
    makeViewer: (owner: ViewerOwner) => Viewer,
  ) {
    const now = around.clock.now();
    const { limits } = around.options;
    this.#info = info;
    this.#around = around;
    this.#traits = traits;
    this.#screen = new HoldScreen(traits.width, traits.height, () => around.options.notice);
    this.#instructionRate = new Rate(limits.instructionBurst, now);
    this.#byteRate = new Rate(limits.byteBurst, now);
    this.#begunAt = now;
    this.#progress = new Progress(now);
    this.#at = now;
    this.#viewer = makeViewer(this);
  }

  get id(): SessionId {
    return this.#info.id;
  }

  /** guacd's id of the connection, by which others join it; empty until it is there. */
  get connectionId(): string {
    return this.#upstream?.connectionId ?? "";
  }

  /** The guacd of this session: whoever joins it must go there. */
  get guacd(): GuacdOptions | null {
    return this.#guacd;
  }

  /** Opens the token, asks the judge, and connects. Never throws: a failure ends the tunnel. */
  async open(openTicket: () => Promise<Ticket>): Promise<void> {
    try {
      const ticket = await openTicket();
      if (this.#ended) return;
      this.#info = { ...this.#info, agent: ticket.agent, connection: ticket.connection };
      const watch = await this.#around.judge.open(ticket, this.#info, this);
      if (this.#ended) {
        watch.close(this.#around.clock.now(), null);
        return;
      }
      this.#watch = watch;
      const { select, guacds } = this.#around.route(ticket);
      this.#guacds = guacds;
      this.#connect(select, ticket);
    } catch (error) {
      this.end(asSamehandError(error, "verification-failed"));
    }
  }

  #connect(select: string, ticket: Ticket): void {
    const [guacd, ...others] = this.#guacds;
    if (guacd === undefined) throw new SamehandError("upstream-unreachable", "no guacd is configured");
    this.#guacd = guacd;
    this.#guacds = others;
    const { width, height, dpi, timezone, audio, video, image } = this.#traits!;
    const handshake = new Handshake({
      select,
      settings: ticket.settings,
      width,
      height,
      dpi,
      timezone,
      audio: audio.length === 0 ? defaultAudio : audio,
      video,
      image: image.length === 0 ? defaultImage : image,
      name: ticket.agent,
    });
    this.#retry = () => this.#connect(select, ticket);
    this.#upstream = new Upstream(guacd, handshake, this);
  }

  // --- the judge's hand on the session

  quarantine(_decision: Decision): void {
    this.#hold();
  }

  show(prompt: Prompt): void {
    if (this.#ended) return;
    const change = this.#screen.show(prompt);
    if (change !== "") this.#viewer.say(change);
  }

  release(_decision: Decision): void {
    this.#release();
  }

  /** Whether this session is held for what it did itself. */
  get held(): boolean {
    return this.#held && !this.#ended;
  }

  /** A session on the same desktop is held, or none any more: nobody who joined may drive in its place. */
  companionHeld(held: boolean): void {
    this.#companionHeld = held;
    this.#cover();
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
    this.#retry = null;
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
      if (this.#holding) tally.sessionsHeld -= 1;
    }
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

  readBegins(at: Millis, bytes: number): void {
    const { tally, options } = this.#around;
    this.#at = at;
    this.#instructions = 0;
    this.#pings = 0;
    tally.bytesFromClient += bytes;
    this.#late = this.#around.late(at);
    if (!this.#byteRate.take(bytes, at, options.limits.bytesPerSecond, options.limits.byteBurst))
      this.end(new SamehandError("rate-exceeded", "bytes"));
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
    const asked = this.#instructions + this.#pings;
    if (this.#ended || asked === 0) return;
    tally.instructionsFromClient += this.#instructions;
    if (this.#instructions > 0) this.#progress.heard(this.#at);
    const { instructionsPerSecond, instructionBurst, bufferedBytes } = options.limits;
    if (!this.#instructionRate.take(asked, this.#at, instructionsPerSecond, instructionBurst))
      this.end(new SamehandError("rate-exceeded", "instructions"));
    else if (upstream !== null && upstream.waiting > bufferedBytes) {
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

  pinged(): void {
    this.#pings += 1;
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
    this.#instructions += 1;
    // Each event of such a read: what waited together came in one go, whatever the hand did.
    if (this.#late) this.stalled(this.#at);
    if (this.#ended) return false;
    if (this.#input !== null) this.#input.hear(this.#at, instruction);
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
      else if (verdict === "quarantine") this.#hold();
      else if (before === "quarantine") this.#release();
    }
    return !this.#holding && !this.#ended && (verdict === "allow" || verdict === "alert");
  }

  // --- the hold

  #hold(): void {
    if (this.#ended || this.#held) return;
    this.#held = true;
    this.#around.tally.sessionsQuarantined += 1;
    this.#cover();
    this.#around.shared(this);
  }

  #release(): void {
    if (this.#ended || !this.#held) return;
    this.#held = false;
    this.#cover();
    this.#around.shared(this);
  }

  /** Covers or uncovers the desktop, once it is there, as the two reasons to hold now stand. */
  #cover(): void {
    const hold = this.#held || this.#companionHeld;
    if (this.#ended || hold === this.#holding) return;
    this.#holding = hold;
    if (this.#input === null) return;
    this.#around.tally.sessionsHeld += hold ? 1 : -1;
    if (hold) this.#beginHold();
    else {
      this.#input.release(this.#around.clock.now());
      this.#viewer.say(this.#screen.remove());
    }
  }

  #beginHold(): void {
    this.#input!.hold();
    this.#drawScreen();
  }

  #drawScreen(): void {
    const { width, height } = this.#upstream!.scanner;
    this.#viewer.say(this.#screen.draw(width, height));
  }

  // --- target to viewer

  ready(): void {
    if (this.#ended) return;
    const { tally, clock, log } = this.#around;
    this.#input = new InputPath(this.#watch!, this.#upstream!, this.#around.output, tally, this.#link, this);
    this.#retry = null;
    this.#traits = null;
    this.#progress.heard(clock.now());
    tally.sessionsOpened += 1;
    tally.sessionsLive += 1;
    const { id, agent, connection, address } = this.#info;
    log.info({ session: id, agent, connection, address }, "session opened");
    this.#viewer.say(say.tunnelId(id));
    if (this.#holding) {
      tally.sessionsHeld += 1;
      this.#beginHold();
    }
    this.#around.shared(this);
    this.flows();
  }

  display(frame: Uint8Array): boolean {
    const { tally, clock } = this.#around;
    const { scanner } = this.#upstream!;
    tally.bytesToClient += frame.byteLength;
    this.#viewer.write(frame);
    this.#link.sent(scanner, clock.now());
    if (scanner.sizes !== this.#sizes) {
      this.#sizes = scanner.sizes;
      if (this.#holding) this.#drawScreen();
    }
    if (this.#viewer.waiting === 0) return true;
    tally.backpressurePauses += 1;
    return false;
  }

  drained(): void {
    this.#progress.took();
    if (this.#viewer.waiting === 0) this.#upstream?.taken();
  }

  lost(error: SamehandError): void {
    if (
      this.#input === null &&
      error.code === "upstream-unreachable" &&
      this.#guacds.length > 0 &&
      this.#retry !== null
    ) {
      this.#around.log.warn({ detail: error.detail }, "a guacd cannot be reached; trying the next one");
      this.#retry();
      return;
    }
    const scanner = this.#upstream?.scanner;
    if (scanner?.disconnected === true) this.end(null);
    else this.end(error, { told: (scanner?.errorStatus ?? 0) !== 0 });
  }
}
