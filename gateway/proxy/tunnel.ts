/**
 * One session: a viewer's WebSocket, a guacd connection, and the judge between them.
 *
 * Viewer to target, in one synchronous pass for each read: stamp, decode, parse, tell the judge, read its verdict,
 * rebuild, write. Nothing that arrives after a verdict is written.
 */
import type { Clock } from "../core/clock.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Judge, SessionControl, SessionInfo, Ticket, Watch } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";
import { buttonMask, keysym, type Millis, type SessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import { ClientParser } from "../protocol/guacamole/client-parser.ts";
import { Handshake } from "../protocol/guacamole/handshake.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import { kindOf, opcode } from "../protocol/guacamole/opcodes.ts";
import { ClientStreams } from "./client-streams.ts";
import { HeldInput } from "./held-input.ts";
import { HoldScreen } from "./hold-screen.ts";
import type { GuacdOptions, ProxyOptions } from "./options.ts";
import type { Output } from "./output.ts";
import type { Panel } from "./panel.ts";
import { Rate } from "./rate.ts";
import type { TunnelRequest } from "./request.ts";
import type { Tokens } from "./token/ticket.ts";
import { Upstream, type UpstreamOwner } from "./upstream.ts";
import type { Viewer, ViewerOwner } from "./viewer.ts";

/** What all tunnels of a proxy share. */
export interface Surroundings {
  readonly judge: Judge;
  readonly tokens: Tokens;
  readonly tally: Tally;
  readonly log: Log;
  readonly clock: Clock;
  readonly output: Output;
  /** A reload puts others in their place. */
  options: ProxyOptions;
  panel: Panel;
  /** True where the event loop was blocked until just before `at`. */
  late(at: Millis): boolean;
  /** The guacds to try for a target, in order, and what to select there. */
  route(ticket: Ticket): { select: string; guacds: readonly GuacdOptions[] };
  /** The tunnel is over; `severed` with the guacd connection that others may have joined. */
  ended(tunnel: Tunnel, severed: SamehandError | null): void;
}

/** From the error instruction to the close: what a viewer needs to show it. */
const lastWordsMillis = 200;
/** A probe of the link each so many ticks. */
const ticksPerProbe = 5;
const defaultAudio = ["audio/L8", "audio/L16"];
const defaultImage = ["image/png", "image/jpeg"];

export class Tunnel implements SessionControl, ViewerOwner, UpstreamOwner {
  readonly #around: Surroundings;
  readonly #request: TunnelRequest;
  readonly #viewer: Viewer;
  readonly #parser = new ClientParser();
  readonly #held = new HeldInput();
  readonly #streams = new ClientStreams();
  readonly #screen: HoldScreen;
  readonly #instructionRate: Rate;
  readonly #byteRate: Rate;
  readonly #visit = (instruction: ClientInstruction): boolean => this.#hear(instruction);
  /** Without agent and connection until the token is open. */
  #info: SessionInfo;
  #guacds: readonly GuacdOptions[] = [];
  #guacd: GuacdOptions | null = null;
  #upstream: Upstream | null = null;
  #watch: Watch | null = null;
  #verdict: Verdict = "allow";
  #live = false;
  #holding = false;
  #ended = false;
  /** The size that was asked for last during a hold. */
  #size: { width: number; height: number } | null = null;
  #begunAt: Millis;
  /** This read, its instructions, and when the last instruction of all came. */
  #at: Millis;
  #instructions = 0;
  #heardAt: Millis;
  #paused = false;
  /** The oldest frame of guacd's that the viewer has not answered, and when it went out. */
  #syncs = 0;
  #awaitedSync = -1;
  #awaitedSince: Millis;
  #probedAt = 0 as Millis;
  #sizes = 0;
  #ticks = 0;
  /** Since when neither side's socket has taken anything, though something waits. */
  #viewerMoved = true;
  #viewerStuckAt: Millis;
  #upstreamStuckAt: Millis;

  constructor(
    info: SessionInfo,
    request: TunnelRequest,
    around: Surroundings,
    makeViewer: (owner: ViewerOwner) => Viewer,
  ) {
    const now = around.clock.now();
    const { limits } = around.options;
    this.#info = info;
    this.#around = around;
    this.#request = request;
    this.#screen = new HoldScreen(request.width, request.height);
    this.#instructionRate = new Rate(limits.instructionBurst, now);
    this.#byteRate = new Rate(limits.byteBurst, now);
    this.#begunAt = now;
    this.#at = now;
    this.#heardAt = now;
    this.#awaitedSince = now;
    this.#viewerStuckAt = now;
    this.#upstreamStuckAt = now;
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
    const { width, height, dpi, timezone, audio, video, image } = this.#request;
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
  /** Tries the next guacd; null once one answered, so that the settings are forgotten. */
  #retry: (() => void) | null = null;

  // --- the judge's hand on the session

  quarantine(_decision: Decision): void {
    this.#hold();
  }

  release(_decision: Decision): void {
    this.#release();
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
    this.#upstream?.end(say.disconnect);
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
    if (!told) this.#viewer.say((this.#live ? "" : say.tunnelId(this.id)) + say.errorInstruction(error));
    const { close, guacamole } = error.entry;
    const reason = told && this.#upstream !== null ? this.#upstream.scanner.errorStatus || guacamole : guacamole;
    if (atOnce) this.#viewer.end(close, String(reason));
    else setTimeout(() => this.#viewer.end(close, String(reason)), lastWordsMillis);
  }

  #count(error: SamehandError | null): void {
    const { tally, log } = this.#around;
    if (this.#live) {
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
    log.info(fields, this.#live ? "session ended" : "session refused");
  }

  /** About once a second. */
  tick(at: Millis): void {
    if (this.#ended) return;
    const { timeouts } = this.#around.options;
    if (!this.#live) {
      const connecting = this.#upstream?.connecting === true && at - this.#begunAt > timeouts.connect * 1000;
      if (connecting || at - this.#begunAt > timeouts.handshake * 1000) this.end(new SamehandError("upstream-timeout"));
      return;
    }
    this.#watch!.tick(at);
    this.#flows();
    if (this.#ended) return;
    this.#upstream!.trim();
    this.#ticks += 1;
    if (this.#ticks % ticksPerProbe === 0 && this.#viewer.waiting === 0) {
      this.#probedAt = this.#around.clock.now();
      this.#viewer.probe();
    }
    this.#checkProgress(at);
  }

  #checkProgress(at: Millis): void {
    const { viewerStall, viewerSilence } = this.#around.options.timeouts;
    if (this.#viewerMoved || this.#viewer.waiting === 0) this.#viewerStuckAt = at;
    this.#viewerMoved = false;
    if (this.#paused) this.#heardAt = at;
    else this.#upstreamStuckAt = at;
    if (at - this.#viewerStuckAt > viewerStall * 1000) this.end(new SamehandError("client-stalled"));
    else if (at - this.#heardAt > viewerSilence * 1000) this.end(new SamehandError("client-timeout"));
    else if (at - this.#upstreamStuckAt > viewerStall * 1000)
      this.end(new SamehandError("upstream-timeout", "guacd does not read"));
  }

  /** The event loop was blocked until `at`. */
  stalled(at: Millis): void {
    this.#watch?.stalled(at);
  }

  // --- viewer to target

  readBegins(at: Millis, bytes: number): void {
    const { tally, options } = this.#around;
    this.#at = at;
    this.#instructions = 0;
    tally.bytesFromClient += bytes;
    if (this.#around.late(at)) this.stalled(at);
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
    if (this.#ended || this.#upstream === null) {
      output.discard();
      return;
    }
    output.flush(this.#upstream);
    if (this.#instructions === 0) return;
    tally.instructionsFromClient += this.#instructions;
    this.#heardAt = this.#at;
    const { instructionsPerSecond, instructionBurst, bufferedBytes } = options.limits;
    if (!this.#instructionRate.take(this.#instructions, this.#at, instructionsPerSecond, instructionBurst))
      this.end(new SamehandError("rate-exceeded", "instructions"));
    else if (this.#upstream.waiting > bufferedBytes) {
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

  pong(at: Millis): void {
    if (this.#probedAt === 0) return;
    this.#watch?.roundTrip(at, (at - this.#probedAt) as Millis);
    this.#probedAt = 0 as Millis;
  }

  gone(): void {
    this.end(null);
  }

  /** @returns false to stop parsing */
  #hear(instruction: ClientInstruction): boolean {
    this.#instructions += 1;
    if (!this.#live) this.#hearEarly(instruction);
    else
      switch (instruction.opcode) {
        case opcode.key:
          this.#hearKey(instruction);
          break;
        case opcode.mouse:
          this.#hearPointer(instruction);
          break;
        case opcode.sync:
          this.#hearSync(instruction);
          break;
        case opcode.ack:
          if (!HoldScreen.ownsStream(instruction.number(0))) this.#forward(instruction);
          break;
        case opcode.nop:
          this.#forward(instruction);
          break;
        case opcode.ping:
          this.#viewer.say(say.pingAnswer(instruction.number(1)));
          break;
        case opcode.disconnect:
          this.#around.output.flush(this.#upstream!);
          this.end(null);
          break;
        case opcode.size:
          this.#hearSize(instruction);
          break;
        case opcode.touch:
          if (this.#flows()) this.#forward(instruction);
          else this.#around.tally.instructionsHeld += 1;
          break;
        default:
          this.#hearStream(instruction);
      }
    return !this.#ended;
  }

  /** Before the session stands there is nothing to type into. */
  #hearEarly(instruction: ClientInstruction): void {
    if (kindOf(instruction.opcode) !== "control")
      throw new SamehandError("instruction-refused", "input before the session is open");
    if (instruction.opcode === opcode.disconnect) this.end(null);
  }

  #hearKey(instruction: ClientInstruction): void {
    const { tally, output } = this.#around;
    const key = keysym(instruction.number(0));
    const pressed = instruction.number(1) === 1;
    tally.keyEvents += 1;
    this.#watch!.key(this.#at, key, pressed);
    const flows = this.#flows();
    const allowed = this.#held.key(this.#at, key, pressed);
    const overflow = this.#held.overflow();
    if (!flows) tally.instructionsHeld += 1;
    else if (allowed) {
      this.#forward(instruction);
      if (overflow !== 0) output.appendText(say.keyRelease(overflow), this.#upstream!);
    }
  }

  #hearPointer(instruction: ClientInstruction): void {
    const { tally, output } = this.#around;
    const x = instruction.number(0);
    const y = instruction.number(1);
    const mask = buttonMask(instruction.number(2));
    tally.pointerEvents += 1;
    this.#watch!.pointer(this.#at, x, y, mask);
    const flows = this.#flows();
    const allowed = this.#held.pointer(x, y, mask);
    if (!flows) tally.instructionsHeld += 1;
    else if (allowed === mask) this.#forward(instruction);
    else output.appendText(say.instruction("mouse", x, y, allowed), this.#upstream!);
  }

  #hearSync(instruction: ClientInstruction): void {
    const timestamp = instruction.number(0);
    if (HoldScreen.ownsSync(timestamp)) return;
    if (timestamp === this.#awaitedSync) {
      this.#awaitedSync = -1;
      this.#watch!.roundTrip(this.#at, (this.#at - this.#awaitedSince) as Millis);
    }
    this.#forward(instruction);
  }

  #hearSize(instruction: ClientInstruction): void {
    if (this.#flows()) this.#forward(instruction);
    else this.#size = { width: instruction.number(0), height: instruction.number(1) };
  }

  #hearStream(instruction: ClientInstruction): void {
    const stream = instruction.number(instruction.opcode === opcode.put ? 1 : 0);
    if (this.#streams.allows(instruction.opcode, stream, this.#flows())) this.#forward(instruction);
    else this.#around.tally.instructionsHeld += 1;
  }

  #forward(instruction: ClientInstruction): void {
    if (!this.#ended) this.#around.output.append(instruction, this.#upstream!);
  }

  /** Reads the verdict, acts on it where it is new, and says whether input may be forwarded. */
  #flows(): boolean {
    const { verdict } = this.#watch!;
    if (verdict !== this.#verdict) {
      this.#verdict = verdict;
      if (verdict === "sever") this.sever(new SamehandError("session-severed"));
      else if (verdict === "quarantine") this.#hold();
      else this.#release();
    }
    return !this.#holding && !this.#ended && (verdict === "allow" || verdict === "alert");
  }

  // --- the hold

  #hold(): void {
    if (this.#ended || this.#holding) return;
    this.#holding = true;
    this.#around.tally.sessionsQuarantined += 1;
    if (this.#live) this.#cover();
  }

  /** What came before the verdict goes out; then everything that is pressed is let go, and the screen is covered. */
  #cover(): void {
    this.#around.tally.sessionsHeld += 1;
    const upstream = this.#upstream!;
    this.#around.output.flush(upstream);
    const releases = this.#held.hold() + this.#streams.hold();
    if (releases !== "") upstream.write(releases);
    this.#drawScreen();
  }

  #drawScreen(): void {
    const { width, height } = this.#upstream!.scanner;
    this.#viewer.say(this.#screen.draw(this.#around.panel, width, height));
  }

  #release(): void {
    if (this.#ended || !this.#holding) return;
    this.#holding = false;
    if (!this.#live) return;
    this.#around.tally.sessionsHeld -= 1;
    this.#held.release(this.#around.clock.now());
    this.#viewer.say(this.#screen.remove());
    if (this.#size !== null) this.#upstream!.write(say.size(this.#size.width, this.#size.height));
    this.#size = null;
  }

  // --- target to viewer

  ready(): void {
    if (this.#ended) return;
    const { tally, clock, log } = this.#around;
    this.#live = true;
    this.#retry = null;
    this.#heardAt = clock.now();
    tally.sessionsOpened += 1;
    tally.sessionsLive += 1;
    const { id, agent, connection, address } = this.#info;
    log.info({ session: id, agent, connection, address }, "session opened");
    this.#viewer.say(say.tunnelId(id));
    this.#flows();
    if (this.#holding) this.#cover();
  }

  display(frame: Uint8Array): boolean {
    const { tally, clock } = this.#around;
    const { scanner } = this.#upstream!;
    tally.bytesToClient += frame.byteLength;
    this.#viewer.write(frame);
    if (scanner.syncs !== this.#syncs) {
      this.#syncs = scanner.syncs;
      if (this.#awaitedSync === -1) {
        this.#awaitedSync = scanner.syncTimestamp;
        this.#awaitedSince = clock.now();
      }
    }
    if (scanner.sizes !== this.#sizes) {
      this.#sizes = scanner.sizes;
      if (this.#holding) this.#drawScreen();
    }
    if (this.#viewer.waiting === 0) return true;
    tally.backpressurePauses += 1;
    return false;
  }

  drained(): void {
    this.#viewerMoved = true;
    if (this.#viewer.waiting === 0) this.#upstream?.taken();
  }

  lost(error: SamehandError): void {
    if (!this.#live && error.code === "upstream-unreachable" && this.#guacds.length > 0 && this.#retry !== null) {
      this.#around.log.warn({ detail: error.detail }, "a guacd cannot be reached; trying the next one");
      this.#retry();
      return;
    }
    const scanner = this.#upstream?.scanner;
    if (scanner?.disconnected === true) this.end(null);
    else this.end(error, { told: (scanner?.errorStatus ?? 0) !== 0 });
  }
}
