/**
 * Observations that wait for the evidence about them. A window overlaps with those before it, so that an observation is
 * believed only once every window that it was part of has spoken for the agent: on its own each lets a stranger's through
 * at the seam.
 */
import { strideKeystrokes, windowKeystrokes } from "../../models/keyboard/scorer.ts";
import { KeystrokeRows } from "../inspect/keystroke-rows.ts";
import type { Keystroke } from "../../models/keyboard/keystroke.ts";
import type { PointerAction } from "../../models/pointer/action.ts";
import { strideActions, windowActions } from "../../models/pointer/scorer.ts";

/** One window's new observations: how many, and how many windows of evidence they are part of yet. */
interface Group {
  observations: number;
  awaits: number;
  good: boolean;
}

/** The order in which observations are believed or not; the observations themselves are kept by who asks. */
class Groups {
  readonly #windows: number;
  readonly #waiting: Group[] = [];
  #fresh = 0;

  /** @param windows how many windows an observation is part of */
  constructor(windows: number) {
    this.#windows = windows;
  }

  added(): void {
    this.#fresh++;
  }

  /** The oldest observation was given up. */
  lost(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) this.#fresh--;
    else if (--oldest.observations === 0) this.#waiting.shift();
  }

  /** A window was judged. @param tell how many of the oldest observations are settled, and whether they are believed */
  judged(good: boolean, tell: (observations: number, believed: boolean) => void): void {
    if (this.#fresh > 0) this.#waiting.push({ observations: this.#fresh, awaits: this.#windows, good: true });
    this.#fresh = 0;
    for (const group of this.#waiting) {
      group.awaits--;
      group.good &&= good;
    }
    while (this.#waiting.length > 0 && this.#waiting[0].awaits === 0) {
      const { observations, good } = this.#waiting.shift()!;
      tell(observations, good);
    }
  }
}

/** More than what the windows of either modality hold. */
const mostPending = 64;
const mask = mostPending - 1;

/** Keystrokes that wait, in rows that are wiped as they are settled. */
export class PendingKeystrokes {
  readonly #rows = new KeystrokeRows(mostPending);
  #groups = new Groups(Math.ceil(windowKeystrokes / strideKeystrokes));
  #oldest = 0;
  #count = 0;

  add({ at, key, before, hold, downDown, upDown }: Keystroke): void {
    if (this.#count === mostPending) {
      this.#drop(1);
      this.#groups.lost();
    }
    this.#rows.put((this.#oldest + this.#count) & mask, at, key, before, hold, downDown, upDown);
    this.#count++;
    this.#groups.added();
  }

  /** @param tell called with each keystroke that is settled, in order; it is valid only there */
  judged(good: boolean, tell: (keystroke: Keystroke, believed: boolean) => void): void {
    this.#groups.judged(good, (observations, believed) => {
      for (let each = 0; each < observations; each++) tell(this.#rows.row((this.#oldest + each) & mask), believed);
      this.#drop(observations);
    });
  }

  /** Forgets what waits. */
  wipe(): void {
    this.#drop(this.#count);
    this.#groups = new Groups(Math.ceil(windowKeystrokes / strideKeystrokes));
  }

  #drop(observations: number): void {
    for (let each = 0; each < observations; each++) {
      this.#rows.wipe(this.#oldest);
      this.#oldest = (this.#oldest + 1) & mask;
    }
    this.#count -= observations;
  }
}

export class PendingActions {
  readonly #actions: PointerAction[] = [];
  readonly #groups = new Groups(Math.ceil(windowActions / strideActions));

  add(action: PointerAction): void {
    if (this.#actions.length === mostPending) {
      this.#actions.shift();
      this.#groups.lost();
    }
    this.#actions.push(action);
    this.#groups.added();
  }

  /** @param tell called with each action that is settled, in order */
  judged(good: boolean, tell: (action: PointerAction, believed: boolean) => void): void {
    this.#groups.judged(good, (observations, believed) => {
      for (const action of this.#actions.splice(0, observations)) tell(action, believed);
    });
  }
}
