/** What the demonstration says in the terminal: its steps, where to look, and each decision of the gateway. */
import type { Log } from "../gateway/core/log.ts";
import { lockMinutes, quarantineSeconds } from "./settings.ts";

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Addresses {
  readonly frontDesk: string;
  readonly gateway: string;
  readonly metrics: string;
  /** Where operators go; at the first start a link that signs in, once. */
  readonly console: string;
  readonly folder: string;
}

export class Screen {
  readonly #terminal: Terminal;
  #progressing = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  step(words: string): void {
    this.#line(`samehand: ${words}`);
  }

  note(words: string): void {
    this.#line(`samehand: ${words}`);
  }

  /** A line that the next one replaces, where the terminal can; elsewhere only what is worth a line of its own. */
  progress(words: string): void {
    if (this.#terminal.isTTY !== true) {
      if (!words.startsWith("Get:")) this.#line(`  ${words}`);
      return;
    }
    this.#terminal.write(`\r\x1b[K  ${words.slice(0, (this.#terminal.columns ?? 80) - 4)}`);
    this.#progressing = true;
  }

  welcome({ frontDesk, gateway, metrics, console, folder }: Addresses): void {
    this.#line(`
  Samehand is running, on this machine alone.

    Start here       ${frontDesk}
    Agent's page     ${gateway}    (opened from there, with a link for each session)
    Operators        ${console}
    Metrics          ${metrics}/metrics

  1. Open Alex's desktop and write down what the customers say: a few minutes of ordinary typing and
     pointing enrol Alex. Nothing that is typed is stored, only how.
  2. Hand the keyboard to somebody else, or type with one hand.
  3. Trust falls, the desktop is withheld and input held. Take the keyboard back: type Alex's one-time code, which
     stands beside Alex's name where you started (or scan its QR code with an authenticator app), then the words
     that are shown, and the desktop is back. Somebody else who types them, even with the right code, or nobody for
     ${quarantineSeconds} s, and the session is cut and Alex locked for ${lockMinutes} minutes. Each decision is printed here, with its reasons.

  Kept in ${folder}: remove it to start anew.
  Ctrl-C stops everything.
`);
  }

  end(why: string): void {
    this.#line(why === "" ? "\nsamehand: stopping" : `samehand: ${why}`);
  }

  /** The gateway's log, for people: one line each. */
  get log(): Log {
    const say = (fields: Record<string, unknown>, message: string): void => this.#line(describe(fields, message));
    return { debug() {}, info: say, warn: say, error: say };
  }

  #line(text: string): void {
    this.#terminal.write(`${this.#progressing ? "\r\x1b[K" : ""}${text}\n`);
    this.#progressing = false;
  }
}

function describe(fields: Record<string, unknown>, message: string): string {
  const time = new Date().toTimeString().slice(0, 8);
  if (fields["event"] === "decision") {
    const { agent, verdict, trust, reasons } = fields;
    const why = Array.isArray(reasons) ? reasons.join("; ") : "";
    return `${time}  ${String(agent)}: ${String(verdict).toUpperCase()}, trust ${Number(trust).toFixed(0)}: ${why}`;
  }
  const shown = ["agent", "code", "error", "url", "mode"].filter((name) => fields[name] !== undefined);
  return `${time}  ${message}${shown.map((name) => ` ${name}=${String(fields[name])}`).join("")}`;
}
