/**
 * A verifier that is not made yet, or not whole. Reading what is known and making one of it takes some milliseconds,
 * in which no session's input went through: it is done in steps beside the sessions, and what is observed meanwhile waits
 * here. Nobody can tell the difference: where a window is about to be full before, the rest is done within that event.
 */
import type { Evidence } from "../../models/modality.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import { windowKeystrokes } from "../../models/keyboard/scorer.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import { windowActions } from "../../models/pointer/scorer.ts";
import type { Verifier } from "../../models/verifier.ts";
import { KeystrokeRows } from "./keystroke-rows.ts";

/** What an inspector has its observations scored by. */
export type Scoring = Pick<Verifier, "keystroke" | "action" | "wipe">;

/** Steps in which a verifier is made, each a millisecond or two; null where nothing is known of whom it is to verify. */
export type Making = Generator<undefined, Verifier | null>;

export class LateVerifier implements Scoring {
  readonly #begin: () => Making;
  readonly #made: (verifier: Verifier | null) => void;
  /** Null before the first step, and after one that failed. */
  #making: Making | null = null;
  #verifier: Verifier | null = null;
  /** It was made, or is not wanted any more. */
  #over = false;
  #rows: KeystrokeRows | null = null;
  #typed = 0;
  #actions: PointerAction[] = [];

  /** @param made is told of it as soon as it serves */
  constructor(begin: () => Making, made: (verifier: Verifier | null) => void) {
    this.#begin = begin;
    this.#made = made;
  }

  /** Makes it step by step; ends early where it is made elsewhere meanwhile, or not wanted any more. @throws as the steps */
  *steps(): Generator<undefined, void> {
    while (!this.#over) {
      this.#step();
      yield;
    }
  }

  /** What it is made from changed: begins anew. */
  again(): void {
    this.#making = null;
  }

  /** @throws SamehandError as the steps, where it must be made now */
  keystroke(keystroke: Keystroke): Evidence | null {
    if (this.#over) return this.#verifier?.keystroke(keystroke) ?? null;
    if (this.#typed === windowKeystrokes - 1) return this.#now()?.keystroke(keystroke) ?? null;
    const { at, key, before, hold, downDown, upDown } = keystroke;
    this.#rows ??= new KeystrokeRows(windowKeystrokes - 1);
    this.#rows.put(this.#typed++, at, key, before, hold, downDown, upDown);
    return null;
  }

  /** @throws SamehandError as the steps, where it must be made now */
  action(action: PointerAction): Evidence | null {
    if (this.#over) return this.#verifier?.action(action) ?? null;
    if (this.#actions.length === windowActions - 1) return this.#now()?.action(action) ?? null;
    this.#actions.push(action);
    return null;
  }

  /** Forgets what was typed; it is not wanted any more. */
  wipe(): void {
    this.#over = true;
    this.#forget();
    this.#verifier?.wipe();
  }

  #now(): Verifier | null {
    while (!this.#over) this.#step();
    return this.#verifier;
  }

  #step(): void {
    const making = (this.#making ??= this.#begin());
    // Should the step fail, the next one begins anew.
    this.#making = null;
    const { done, value } = making.next();
    if (done !== true) this.#making = making;
    else this.#serve(value);
  }

  /** Neither modality's window can be full: that made it at once. */
  #serve(verifier: Verifier | null): void {
    this.#over = true;
    this.#verifier = verifier;
    for (let index = 0; index < this.#typed; index++) verifier?.keystroke(this.#rows!.row(index));
    for (const action of this.#actions) verifier?.action(action);
    this.#forget();
    this.#made(verifier);
  }

  #forget(): void {
    for (let index = 0; index < this.#typed; index++) this.#rows!.wipe(index);
    this.#rows = null;
    this.#typed = 0;
    this.#actions = [];
  }
}
