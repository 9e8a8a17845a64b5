/**
 * The way of a viewer's instruction: the judge hears it, its verdict is read, and only then is it rebuilt for guacd,
 * or held. Nothing that arrives after a verdict is written.
 */
import type { Watch } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";
import { buttonMask, keysym, type Millis } from "../core/units.ts";
import type { ClientInstruction } from "../protocol/guacamole/client-instruction.ts";
import * as say from "../protocol/guacamole/instructions.ts";
import { opcode } from "../protocol/guacamole/opcodes.ts";
import { ClientStreams, opensStream } from "./client-streams.ts";
import { DialogAnswer } from "./dialog-answer.ts";
import { HeldInput } from "./held-input.ts";
import { HoldScreen } from "./hold-screen.ts";
import type { Link } from "./link.ts";
import type { Output } from "./output.ts";
import type { Target } from "./target.ts";

/** What the path asks of its session. */
export interface Gate {
  /** False where nothing that this viewer does may ever reach the target. */
  readonly drives: boolean;
  /** Reads the judge's verdict, acts on it where it is new, and says whether input may be forwarded now. */
  flows(): boolean;
  /** Answers the viewer itself. */
  answer(text: string): void;
  /** The viewer says good-bye. */
  leave(): void;
}

export class InputPath {
  readonly #watch: Watch;
  readonly #upstream: Target;
  readonly #output: Output;
  readonly #tally: Tally;
  readonly #link: Link;
  readonly #gate: Gate;
  readonly #held = new HeldInput();
  readonly #streams = new ClientStreams();
  readonly #dialog = new DialogAnswer();
  /** The size that was asked for last during a hold, as guacd is to be told it. */
  #size = "";

  constructor(watch: Watch, upstream: Target, output: Output, tally: Tally, link: Link, gate: Gate) {
    this.#watch = watch;
    this.#upstream = upstream;
    this.#output = output;
    this.#tally = tally;
    this.#link = link;
    this.#gate = gate;
  }

  /** @param at when its bytes were read */
  hear(at: Millis, instruction: ClientInstruction): void {
    switch (instruction.opcode) {
      case opcode.key:
        return this.#key(at, instruction);
      case opcode.mouse:
        return this.#pointer(at, instruction);
      case opcode.touch:
        // Nothing scores touches, so none may act: guacd is not asked for them (`handshake.ts`), and honest clients send
        // the mouse's instructions in their place.
        this.#tally.touchesDropped += 1;
        return;
      case opcode.sync:
        return this.#sync(at, instruction);
      case opcode.ack:
        if (!HoldScreen.ownsStream(instruction.number(0))) this.#forward(instruction);
        return;
      case opcode.nop:
        return this.#forward(instruction);
      case opcode.ping:
        return this.#gate.answer(say.pingAnswer(instruction.number(1)));
      case opcode.disconnect:
        this.#output.flush(this.#upstream);
        this.written();
        return this.#gate.leave();
      case opcode.size:
        return this.#resize(instruction);
      default:
        return this.#stream(at, instruction);
    }
  }

  /** The viewer answered a probe of its link. */
  pong(at: Millis): void {
    const trip = this.#link.pong(at);
    if (trip !== null) this.#watch.roundTrip(at, trip);
  }

  /** Begins a hold: what came before the verdict goes out, and then everything that is pressed or open is let go. */
  hold(): void {
    this.#output.flush(this.#upstream);
    const { ends, refusals } = this.#streams.hold();
    const releases = this.#held.hold() + ends;
    if (releases !== "" && this.#gate.drives) this.#upstream.write(releases);
    if (refusals !== "") this.#gate.answer(refusals);
  }

  /** Ends it. Only the newest size of all that was held reaches guacd. */
  release(at: Millis): void {
    this.#held.release(at);
    if (this.#size !== "" && this.#gate.drives) this.#upstream.write(this.#size);
    this.#size = "";
  }

  /** All that was heard of one read has been written. */
  written(): void {
    this.#held.written();
  }

  /** What lets go of all that is pressed on the target: not every desktop does so when its user leaves. */
  get releases(): string {
    return this.#gate.drives ? this.#held.releases : "";
  }

  #key(at: Millis, instruction: ClientInstruction): void {
    const key = keysym(instruction.number(0));
    const pressed = instruction.number(1) === 1;
    this.#tally.keyEvents += 1;
    const wasHeld = this.#held.holding;
    this.#watch.key(at, key, pressed);
    // The verdict first: a hold that begins here must not let go of what never went out.
    const flows = this.#gate.flows();
    const allowed = this.#held.key(at, key, pressed);
    const overflow = this.#held.overflow();
    if (flows && wasHeld && pressed) {
      this.#held.ignore(key);
      this.#tally.instructionsHeld += 1;
    } else if (!flows) this.#tally.instructionsHeld += 1;
    else if (allowed) {
      this.#forward(instruction);
      if (overflow !== 0) this.#output.appendText(say.keyRelease(overflow), this.#upstream);
    }
  }

  #pointer(at: Millis, instruction: ClientInstruction): void {
    const x = instruction.number(0);
    const y = instruction.number(1);
    const mask = buttonMask(instruction.number(2));
    this.#tally.pointerEvents += 1;
    this.#watch.pointer(at, x, y, mask);
    const flows = this.#gate.flows();
    const allowed = this.#held.pointer(x, y, mask);
    if (!flows) this.#tally.instructionsHeld += 1;
    else if (allowed === mask) this.#forward(instruction);
    else this.#output.appendText(say.instruction("mouse", x, y, allowed), this.#upstream);
  }

  #sync(at: Millis, instruction: ClientInstruction): void {
    const timestamp = instruction.number(0);
    if (HoldScreen.ownsSync(timestamp)) return;
    const trip = this.#link.answered(timestamp, at);
    if (trip !== null) this.#watch.roundTrip(at, trip);
    this.#forward(instruction);
  }

  #resize(instruction: ClientInstruction): void {
    if (this.#gate.flows()) this.#forward(instruction);
    else this.#size = say.size(instruction.number(0), instruction.number(1));
  }

  #stream(at: Millis, instruction: ClientInstruction): void {
    const code = instruction.opcode;
    const stream = instruction.number(code === opcode.put ? 1 : 0);
    const flows = this.#gate.flows();
    const answer = flows ? null : this.#dialog.hear(instruction);
    // What was typed is the challenge's, whatever the challenge makes of it: the rest of its stream is cut as any.
    if (answer !== null) this.#watch.answer?.(at, answer);
    if (this.#streams.allows(code, stream, flows)) return this.#forward(instruction);
    this.#tally.instructionsHeld += 1;
    if (opensStream(code)) this.#gate.answer(say.heldAck(stream));
  }

  #forward(instruction: ClientInstruction): void {
    this.#output.append(instruction, this.#upstream);
  }
}
