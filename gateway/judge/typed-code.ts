/** A one-time code while it is typed. */
import type { Keysym } from "../core/units.ts";
import { codeDigits } from "./challenge-code.ts";
import { backspaceKey, characterOf, enterKeys, escapeKey } from "./challenge-phrase.ts";

export class TypedCode {
  #digits = "";

  /** How many digits are there. */
  get length(): number {
    return this.#digits.length;
  }

  /**
   * A key went down.
   * @returns the code where it was confirmed, which clears it; else whether what is shown changed
   */
  press(keysym: Keysym): string | boolean {
    const digit = characterOf(keysym);
    if (enterKeys.has(keysym)) {
      if (this.#digits.length < codeDigits) return false;
      const code = this.#digits;
      this.clear();
      return code;
    }
    if (keysym === backspaceKey) this.#digits = this.#digits.slice(0, -1);
    else if (keysym === escapeKey) this.clear();
    else if (/^\d$/.test(digit) && this.#digits.length < codeDigits) this.#digits += digit;
    else return false;
    return true;
  }

  clear(): void {
    this.#digits = "";
  }
}
