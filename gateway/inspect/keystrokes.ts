/**
 * Turns key events into keystrokes, streaming: in the order of presses, each as soon as its release is known or
 * given up. Keeps at most a few keys that are down, and of the past only the key before.
 */
import { isModifier, keyOf, physicalOf } from "../../models/keyboard/keys.ts";
import { type Keystroke, noKey } from "../../models/keyboard/keystroke.ts";
import type { Keysym, Millis } from "../core/units.ts";
import { KeystrokeRows } from "./keystroke-rows.ts";

/** Longer between two presses is a pause: the hand was elsewhere, and the interval tells nothing of typing. */
const pause = 1_500;
/** A key that prints and is held longer repeats (Guacamole's client starts at 500 ms): its hold is not typing. */
const longestHold = 480;
/** A modifier held longer was waiting for something else. */
const longestModifierHold = 1_500;
/** Guacamole's synthetic repeat sends the release and the press in one go; no finger is that fast. */
const repeatGap = 5;
/** A second press without a release: within this it is repeat (typematic delays end at 1 s), later a lost release. */
const repeatWithin = 1_100;
/** Keys down at once; more than fingers, so that a peer that never releases cannot grow it. */
const mostDown = 12;
/** A release that has not come by now is given up. */
const releaseWithin = 2_000;

/** What is known of a key that is down, one number each, in rows of one array. */
const down = { at: 0, physical: 1, key: 2, before: 3, downDown: 4, released: 5, pressed: 6, repeats: 7 } as const;
const width = 8;
/** One more than may be down: the oldest is told after the newest came. */
const rows = mostDown + 1;

/** @param emit is called with each keystroke, in the order of presses, from inside `key` and `flush`; it is valid only there */
export class Keystrokes {
  readonly #emit: (keystroke: Keystroke) => void;
  /**
   * Keys pressed and not yet told: a ring of rows, wiped as they are told. Made at the first key; over a buffer of its own,
   * which nothing moves or copies.
   */
  #down: Float64Array | null = null;
  #oldest = 0;
  #count = 0;
  /** The one keystroke that is told. */
  #told: KeystrokeRows | null = null;
  #lastPress = Number.NaN;
  #lastKey = noKey;
  #lastEvent = Number.NEGATIVE_INFINITY;
  /** Release of the keystroke told last, for the next one's flight. */
  #toldRelease = Number.NaN;
  #toldPhysical = -1;
  #toldRepeats = false;

  constructor(emit: (keystroke: Keystroke) => void) {
    this.#emit = emit;
  }

  /** Takes in one key event. Time may stand still but not go back; an event from the past counts as now. */
  key(at: Millis, keysym: Keysym, pressed: boolean): void {
    const now = Math.max(at, this.#lastEvent);
    this.#lastEvent = now;
    const key = keyOf(keysym);
    const physical = physicalOf(keysym, key);
    if (pressed) this.#press(now, key, physical);
    else this.#release(now, physical);
    this.#tell(now);
  }

  /** Timing until now lies (a blocked loop, a stall, another recording): no interval may span this moment. */
  interrupt(): void {
    this.flush();
    this.#lastPress = Number.NaN;
    this.#lastKey = noKey;
    this.#toldRelease = Number.NaN;
    this.#toldPhysical = -1;
  }

  /** Tells what is still down, without waiting for releases: at the end of a session. */
  flush(): void {
    while (this.#count > 0) this.#tellOldest();
  }

  #press(now: number, key: number, physical: number): void {
    if (this.#isRepeat(now, physical)) return;
    const gap = now - this.#lastPress;
    const continues = gap <= pause;
    const keys = (this.#down ??= new Float64Array(new ArrayBuffer(rows * width * Float64Array.BYTES_PER_ELEMENT)));
    const row = this.#row(this.#count);
    keys[row + down.at] = now;
    keys[row + down.physical] = physical;
    keys[row + down.key] = key;
    keys[row + down.before] = continues ? this.#lastKey : noKey;
    keys[row + down.downDown] = continues ? gap : Number.NaN;
    keys[row + down.released] = Number.NaN;
    keys[row + down.pressed] = now;
    keys[row + down.repeats] = 0;
    this.#count += 1;
    this.#lastPress = now;
    this.#lastKey = key;
  }

  /** Where the row of the n-th oldest begins. */
  #row(n: number): number {
    return ((this.#oldest + n) % rows) * width;
  }

  #isRepeat(now: number, physical: number): boolean {
    const keys = this.#down;
    const held = this.#find(physical, false);
    if (keys === null || held < 0) {
      const repeats = physical === this.#toldPhysical && this.#toldRepeats && now - this.#toldRelease <= repeatGap;
      if (repeats) this.#toldRelease = Number.NaN;
      return repeats;
    }
    const released = keys[held + down.released];
    const free = !Number.isNaN(released);
    if (free && !(now - released <= repeatGap && released - keys[held + down.at] > longestHold)) return false;
    keys[held + down.repeats] = 1;
    if (!free && now - keys[held + down.pressed] > repeatWithin) {
      keys[held + down.released] = now;
      return false;
    }
    keys[held + down.pressed] = now;
    keys[held + down.released] = Number.NaN;
    return true;
  }

  /** Where the newest row of a key begins, or the oldest that was not released; -1 where there is none. */
  #find(physical: number, unreleased: boolean): number {
    const keys = this.#down;
    if (keys === null) return -1;
    for (let n = 0; n < this.#count; n++) {
      const row = this.#row(unreleased ? n : this.#count - 1 - n);
      if (keys[row + down.physical] !== physical) continue;
      if (!unreleased || Number.isNaN(keys[row + down.released])) return row;
    }
    return -1;
  }

  #release(now: number, physical: number): void {
    const held = this.#find(physical, true);
    if (held >= 0) this.#down![held + down.released] = now;
    else if (physical === this.#toldPhysical && this.#toldRepeats) this.#toldRelease = now;
  }

  #tell(now: number): void {
    while (this.#count > 0) {
      const keys = this.#down!;
      const oldest = this.#row(0);
      const waits = Number.isNaN(keys[oldest + down.released]) && now - keys[oldest + down.pressed] < releaseWithin;
      if (waits && this.#count <= mostDown) return;
      this.#tellOldest();
    }
  }

  #tellOldest(): void {
    const keys = this.#down!;
    const row = this.#row(0);
    const at = keys[row + down.at];
    const released = keys[row + down.released];
    const key = keys[row + down.key];
    const downDown = keys[row + down.downDown];
    const repeats = keys[row + down.repeats] === 1;
    const hold = released - at;
    const longest = isModifier(key) ? longestModifierHold : longestHold;
    const flight = Number.isNaN(downDown) ? Number.NaN : at - this.#toldRelease;
    const told = (this.#told ??= new KeystrokeRows(1));
    told.put(0, at, key, keys[row + down.before], !repeats && hold <= longest ? hold : Number.NaN, downDown, flight);
    this.#toldRelease = released;
    this.#toldPhysical = keys[row + down.physical];
    this.#toldRepeats = repeats || hold > longestHold || Number.isNaN(hold);
    keys.fill(0, row, row + width);
    this.#oldest = (this.#oldest + 1) % rows;
    this.#count -= 1;
    this.#emit(told);
    told.wipe(0);
  }
}
