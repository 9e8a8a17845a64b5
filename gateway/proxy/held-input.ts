/**
 * What is down: on the target while input flows, at the viewer while it is held. So that nothing stays pressed on a
 * desktop whose input is held, and that nothing pressed during the hold leaks out after it.
 */
import { keyRelease, mouseRelease } from "../protocol/guacamole/instructions.ts";
import type { ButtonMask, Keysym, Millis } from "../core/units.ts";
import { buttonMask, keysym } from "../core/units.ts";

/** A viewer's synthetic key repeat is an up and a down in one go, every 50 ms: what comes apart by less is a repeat. */
const repeatGap = 40;
/** More keys than hands: the oldest is let go, so that a viewer cannot make this grow. */
const mostKeys = 64;
const stillDown = Number.POSITIVE_INFINITY;

/** A few keys, oldest first, in memory that is wiped: a Set leaves what it held in the heap whenever it grows anew. */
class Keys {
  /** One more than may be down: the oldest is let go after the newest came. Over a buffer of its own, which nothing moves. */
  readonly #keys = new Uint32Array(new ArrayBuffer((mostKeys + 1) * Uint32Array.BYTES_PER_ELEMENT));
  size = 0;

  at(index: number): Keysym {
    return keysym(this.#keys[index]);
  }

  add(key: Keysym): void {
    if (this.size <= mostKeys && this.#find(key) < 0) this.#keys[this.size++] = key;
  }

  delete(key: Keysym): void {
    const at = this.#find(key);
    if (at < 0) return;
    this.#keys.copyWithin(at, at + 1, this.size);
    this.#keys[--this.size] = 0;
  }

  clear(): void {
    this.#keys.fill(0);
    this.size = 0;
  }

  /** Becomes as another. */
  copy(other: Keys): void {
    for (let index = 0; index < Math.max(this.size, other.size); index++) this.#keys[index] = other.#keys[index];
    this.size = other.size;
  }

  #find(key: Keysym): number {
    for (let index = 0; index < this.size; index++) if (this.#keys[index] === key) return index;
    return -1;
  }
}

export class HeldInput {
  /** Keys that are down: on the target, or during a hold at the viewer. */
  readonly #down = new Keys();
  /** Keys held across a release, and when they last went up. Null while there are none. */
  #ignored: Map<Keysym, number> | null = null;
  #lastUp = 0 as Keysym;
  #lastUpAt = 0;
  /** Buttons as the viewer last said, and those held across a release, which stay masked off until they go up. */
  #mask = buttonMask(0);
  #blocked = 0;
  #x = 0;
  #y = 0;
  #holding = false;
  /** What is down on the target for certain: as it was when input was last written. */
  readonly #written = new Keys();
  #writtenMask = 0;
  #writtenX = 0;
  #writtenY = 0;

  /**
   * A key event at the viewer.
   * @returns whether it may be forwarded, if input flows
   */
  key(at: Millis, key: Keysym, pressed: boolean): boolean {
    if (this.#ignored !== null && this.#ignoredKey(this.#ignored, at, key, pressed)) return false;
    if (pressed) this.#down.add(key);
    else {
      this.#down.delete(key);
      if (this.#holding) {
        this.#lastUp = key;
        this.#lastUpAt = at;
      }
    }
    return true;
  }

  /**
   * The key that must be let go because too many are down; 0 where none.
   */
  overflow(): Keysym {
    if (this.#down.size <= mostKeys) return 0 as Keysym;
    const oldest = this.#down.at(0);
    this.#down.delete(oldest);
    return oldest;
  }

  /**
   * A pointer event at the viewer.
   * @returns the mask to forward, if input flows: the viewer's, without the buttons that were held across a release
   */
  pointer(x: number, y: number, mask: ButtonMask): ButtonMask {
    this.#x = x;
    this.#y = y;
    this.#mask = mask;
    this.#blocked &= mask;
    return this.#blocked === 0 ? mask : buttonMask(mask & ~this.#blocked);
  }

  get holding(): boolean {
    return this.#holding;
  }

  /** A press that ended the hold, such as the last letter of an answer: without effect until it really goes up. */
  ignore(key: Keysym): void {
    this.#down.delete(key);
    this.#ignored ??= new Map();
    this.#ignored.set(key, stillDown);
  }

  /** All that was heard and allowed has been written to the target. */
  written(): void {
    if (this.#holding) return;
    this.#written.copy(this.#down);
    this.#writtenMask = this.#mask & ~this.#blocked;
    this.#writtenX = this.#x;
    this.#writtenY = this.#y;
  }

  /** The instructions that let go of everything that is down on the target. */
  get releases(): string {
    let releases = "";
    for (let index = 0; index < this.#written.size; index++) releases += keyRelease(this.#written.at(index));
    if (this.#writtenMask !== 0) releases += mouseRelease(this.#writtenX, this.#writtenY);
    return releases;
  }

  /** Begins a hold; all that was allowed has been written. @returns `releases` */
  hold(): string {
    this.written();
    const { releases } = this;
    this.#written.clear();
    this.#writtenMask = 0;
    if (this.#ignored !== null) for (const [key, upAt] of this.#ignored) if (upAt === stillDown) this.#down.add(key);
    this.#ignored = null;
    this.#holding = true;
    return releases;
  }

  /** Ends a hold: what is down now stays without effect until it really goes up. */
  release(at: Millis): void {
    this.#holding = false;
    this.#blocked = this.#mask;
    const ignored = new Map<Keysym, number>();
    for (let index = 0; index < this.#down.size; index++) ignored.set(this.#down.at(index), stillDown);
    // The release may fall between the two halves of a repeat.
    if (at - this.#lastUpAt < repeatGap && !ignored.has(this.#lastUp)) ignored.set(this.#lastUp, this.#lastUpAt);
    this.#ignored = ignored.size === 0 ? null : ignored;
    this.#down.clear();
  }

  #ignoredKey(ignored: Map<Keysym, number>, at: Millis, key: Keysym, pressed: boolean): boolean {
    const upAt = ignored.get(key);
    if (upAt === undefined) return false;
    if (!pressed) ignored.set(key, at);
    else if (upAt === stillDown || at - upAt < repeatGap) ignored.set(key, stillDown);
    else {
      ignored.delete(key);
      if (ignored.size === 0) this.#ignored = null;
      return false;
    }
    return true;
  }
}
