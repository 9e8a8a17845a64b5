/**
 * Turns key events into keystrokes, streaming: in the order of presses, each as soon as its release is known or
 * given up. Keeps at most a few keys that are down, and of the past only the key before.
 */
import { isModifier, keyOf, physicalOf } from "../../models/keyboard/keys.ts";
import { type Keystroke, noKey } from "../../models/keyboard/keystroke.ts";
import { type Keysym, type Millis, millis } from "../core/units.ts";

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

interface Down {
  readonly at: number;
  readonly physical: number;
  readonly key: number;
  readonly before: number;
  readonly downDown: number;
  released: number;
  /** The newest press of this key: repeat moves it. */
  pressed: number;
  repeats: boolean;
}

/** @param emit is called with each keystroke, in the order of presses, from inside `key` and `flush` */
export class Keystrokes {
  readonly #emit: (keystroke: Keystroke) => void;
  /** Keys pressed and not yet told, oldest first. */
  readonly #down: Down[] = [];
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
    while (this.#down.length > 0) this.#tellOldest();
  }

  #press(now: number, key: number, physical: number): void {
    if (this.#isRepeat(now, physical)) return;
    const gap = now - this.#lastPress;
    const continues = gap <= pause;
    this.#down.push({
      at: now,
      physical,
      key,
      before: continues ? this.#lastKey : noKey,
      downDown: continues ? gap : Number.NaN,
      released: Number.NaN,
      pressed: now,
      repeats: false,
    });
    this.#lastPress = now;
    this.#lastKey = key;
  }

  #isRepeat(now: number, physical: number): boolean {
    const held = this.#down.findLast((down) => down.physical === physical);
    if (held === undefined) {
      const repeats = physical === this.#toldPhysical && this.#toldRepeats && now - this.#toldRelease <= repeatGap;
      if (repeats) this.#toldRelease = Number.NaN;
      return repeats;
    }
    const free = !Number.isNaN(held.released);
    if (free && !(now - held.released <= repeatGap && held.released - held.at > longestHold)) return false;
    if (!free && now - held.pressed > repeatWithin) {
      held.repeats = true;
      held.released = now;
      return false;
    }
    held.repeats = true;
    held.pressed = now;
    held.released = Number.NaN;
    return true;
  }

  #release(now: number, physical: number): void {
    const held = this.#down.find((down) => down.physical === physical && Number.isNaN(down.released));
    if (held !== undefined) held.released = now;
    else if (physical === this.#toldPhysical && this.#toldRepeats) this.#toldRelease = now;
  }

  #tell(now: number): void {
    for (let oldest = this.#down[0]; oldest !== undefined; oldest = this.#down[0]) {
      const waits = Number.isNaN(oldest.released) && now - oldest.pressed < releaseWithin;
      if (waits && this.#down.length <= mostDown) return;
      this.#tellOldest();
    }
  }

  #tellOldest(): void {
    const down = this.#down.shift();
    if (down === undefined) return;
    const hold = down.released - down.at;
    const longest = isModifier(down.key) ? longestModifierHold : longestHold;
    const flight = Number.isNaN(down.downDown) ? Number.NaN : down.at - this.#toldRelease;
    this.#toldRelease = down.released;
    this.#toldPhysical = down.physical;
    this.#toldRepeats = down.repeats || hold > longestHold || Number.isNaN(hold);
    this.#emit({
      at: millis(down.at),
      key: down.key,
      before: down.before,
      hold: !down.repeats && hold <= longest ? hold : Number.NaN,
      downDown: down.downDown,
      upDown: flight,
    });
  }
}
