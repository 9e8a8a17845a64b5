/** Reads what xev(1) prints: a line that names the event, then indented lines with its fields. */

export type XEvent =
  | {
      readonly kind: "key";
      readonly keysym: number;
      /** The keysym's name in X, such as `a` or `Shift_L`. */
      readonly name: string;
      /** What the key writes; empty for keys that write nothing. */
      readonly text: string;
      /** Shift, Control and the like. */
      readonly modifier: boolean;
      readonly pressed: boolean;
    }
  | {
      readonly kind: "button";
      readonly button: number;
      readonly pressed: boolean;
      readonly x: number;
      readonly y: number;
    }
  | { readonly kind: "motion"; readonly x: number; readonly y: number };

const heads = /^(KeyPress|KeyRelease|ButtonPress|ButtonRelease|MotionNotify) event/;
const fenceKeysym = 0xff13;

export class XevReader {
  /** How many times the fence key (Pause) was pressed; it is not told as an event. */
  fences = 0;
  readonly #tell: (event: XEvent) => void;
  #head = "";
  #body = "";

  constructor(tell: (event: XEvent) => void) {
    this.#tell = tell;
  }

  line(line: string): void {
    const head = heads.exec(line)?.[1];
    if (head !== undefined) {
      this.#head = head;
      this.#body = "";
    } else if (this.#head !== "") {
      this.#body += line;
      if (this.#complete()) {
        this.#parse(this.#body);
        this.#head = "";
      }
    }
  }

  #complete(): boolean {
    // xev asks for the text of a key after the line with `same_screen`
    return this.#head.startsWith("Key")
      ? this.#body.includes("XLookupString gives")
      : this.#body.includes("same_screen");
  }

  #parse(body: string): void {
    const [, x, y] = /root:\((-?\d+),(-?\d+)\)/.exec(body) ?? [];
    const at = { x: Number(x), y: Number(y) };
    if (this.#head === "MotionNotify") this.#tell({ kind: "motion", ...at });
    else if (this.#head.startsWith("Button")) {
      const button = Number(/button (\d+)/.exec(body)?.[1]);
      this.#tell({ kind: "button", button, pressed: this.#head === "ButtonPress", ...at });
    } else this.#key(body);
  }

  #key(body: string): void {
    const [, hex = "0", name = ""] = /keysym 0x([0-9a-f]+), ([^)]*)\)/.exec(body) ?? [];
    const keysym = Number.parseInt(hex, 16);
    const pressed = this.#head === "KeyPress";
    if (keysym === fenceKeysym) {
      if (pressed) this.fences++;
      return;
    }
    const bytes = /XLookupString gives \d+ bytes: \(([0-9a-f ]+)\)/.exec(body)?.[1] ?? "";
    const text = Buffer.from(bytes.replaceAll(" ", ""), "hex").toString("utf8");
    const modifier = keysym >= 0xffe1 && keysym <= 0xffee;
    this.#tell({ kind: "key", keysym, name, text, modifier, pressed });
  }
}
