/**
 * The inspection of one session, the same live and offline: input events become keystrokes and pointer actions,
 * those become evidence for the decider and statistics for learning. Nothing typed is kept.
 */
import type { Evidence } from "../../models/modality.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import type { Models, Part } from "../../models/profile.ts";
import type { InputSink } from "../core/input.ts";
import { type ButtonMask, type Keysym, type Millis, millis } from "../core/units.ts";
import { Keystrokes } from "./keystrokes.ts";
import type { Scoring } from "./late-verifier.ts";
import { LinkQuality } from "./link.ts";
import { PointerActions } from "./pointer-actions.ts";
import type { Signals } from "./signals.ts";

/** Statistics of what a session shows, for learning once it is trusted. */
export class Enrolment implements Part {
  readonly keyboard: Part["keyboard"];
  readonly pointer: Part["pointer"];

  constructor(models: Models) {
    this.keyboard = models.keyboard.statistics();
    this.pointer = models.pointer.statistics();
  }
}

export interface InspectorOptions {
  /** Scores the session; null for an agent of whom too little is known. */
  readonly verifier: Scoring | null;
  /** Learns from the session; null where nothing is to be learned. */
  readonly enrolment: Enrolment | null;
  /**
   * Called with each window's evidence, from inside the event that completed it.
   * @param weight how far the link is believed, 0 to 1 @param at the time of that event
   */
  readonly onEvidence?: (evidence: Evidence, weight: number, at: Millis) => void;
  /** Looks for what no hand does; not given: nothing is looked for. */
  readonly signals?: Signals;
  /** Called when a signal begins or ends, from inside the event that shows it. */
  readonly onSignal?: (at: Millis) => void;
  /** Called with each observation. */
  readonly onKeystroke?: (keystroke: Keystroke) => void;
  readonly onAction?: (action: PointerAction) => void;
}

export class Inspector implements InputSink {
  readonly #options: InspectorOptions;
  #verifier: Scoring | null;
  readonly #enrolment: Enrolment | null;
  readonly #keystrokes: Keystrokes;
  /** Made at the first pointer event: its buffers are most of what an idle session would take. */
  #pointerActions: PointerActions | null = null;
  readonly #link = new LinkQuality();
  #now: Millis = millis(0);
  /** The event loop was blocked since the last event. */
  #stalled = false;
  /** Observations so far. */
  keystrokes = 0;
  actions = 0;
  /** Windows of evidence, and those that the link left without weight. */
  windows = 0;
  abstentions = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
    this.#verifier = options.verifier;
    this.#enrolment = options.enrolment;
    this.#keystrokes = new Keystrokes((keystroke) => this.#keystroke(keystroke));
  }

  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    if (this.#stalled) this.#interrupt();
    this.#now = at;
    this.#keystrokes.key(at, keysym, pressed);
  }

  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void {
    if (this.#stalled) this.#interrupt();
    this.#now = at;
    this.#pointerActions ??= new PointerActions((action) => this.#action(action));
    this.#pointerActions.pointer(at, x, y, mask);
    if (this.#options.signals?.pointer(at, x, y, mask) === true) this.#options.onSignal?.(at);
  }

  /** A round trip over the viewer's link was seen. */
  roundTrip(rtt: Millis): void {
    this.#link.roundTrip(rtt);
  }

  /**
   * Timing up to now lies: no interval may span this moment. What was under way is ended, and scored, at the session's
   * next event: a stall comes to all sessions at once, and their scoring together would be the next one.
   */
  stalled(): void {
    this.#stalled = true;
  }

  #interrupt(): void {
    this.#stalled = false;
    this.#keystrokes.interrupt();
    this.#pointerActions?.flush();
    this.#options.signals?.interrupt();
  }

  /** The session is over: what is still under way is told. */
  flush(): void {
    this.#keystrokes.flush();
    this.#pointerActions?.flush();
  }

  /** Scores against another profile from the next observation on; null: against none. The one before forgets its input. */
  verifyWith(verifier: Scoring | null): void {
    if (verifier !== this.#verifier) this.#verifier?.wipe();
    this.#verifier = verifier;
  }

  /** Mean deviation of the link's round trip, ms. */
  get jitter(): number {
    return this.#link.jitter;
  }

  /** How far the link's timing is believed, 0 to 1. */
  get linkWeight(): number {
    return this.#link.weight;
  }

  /** Takes in a keystroke that was told at `at`: for offline work that keeps observations. */
  keystroke(keystroke: Keystroke, at: Millis): void {
    this.#now = at;
    this.#keystroke(keystroke);
  }

  /** Takes in a pointer action that was told at `at`. */
  action(action: PointerAction, at: Millis): void {
    this.#now = at;
    this.#action(action);
  }

  #keystroke(keystroke: Keystroke): void {
    this.keystrokes++;
    this.#enrolment?.keyboard.add(keystroke);
    if (this.#options.signals?.keystroke(keystroke, this.#link.weight) === true) this.#options.onSignal?.(this.#now);
    this.#options.onKeystroke?.(keystroke);
    this.#tell(this.#verifier?.keystroke(keystroke) ?? null);
  }

  #action(action: PointerAction): void {
    this.actions++;
    this.#enrolment?.pointer.add(action);
    this.#options.onAction?.(action);
    this.#tell(this.#verifier?.action(action) ?? null);
  }

  #tell(evidence: Evidence | null): void {
    if (evidence === null) return;
    const weight = this.#link.weight;
    this.windows++;
    if (weight === 0) this.abstentions++;
    this.#options.onEvidence?.(evidence, weight, this.#now);
  }
}
