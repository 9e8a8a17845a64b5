/**
 * A fault of inspection itself. In enforce mode a session that cannot be verified must not go on: whoever could provoke
 * the fault would drive unseen. In report mode nothing is touched.
 */
import { asSamehandError } from "../core/errors.ts";
import type { SessionControl, SessionInfo } from "../core/session.ts";
import type { JudgeOptions } from "./judge.ts";

export class Faults {
  readonly #options: JudgeOptions & { readonly session: SessionInfo; readonly control: SessionControl };
  #told = false;
  #kept = false;

  constructor(options: JudgeOptions & { readonly session: SessionInfo; readonly control: SessionControl }) {
    this.#options = options;
  }

  /** Runs what may fail. */
  guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.happened(error);
    }
  }

  happened(error: unknown): void {
    const { log, session, settings, tally, control } = this.#options;
    const fault = asSamehandError(error, "verification-failed");
    tally.refused(fault.code);
    const stack = error instanceof Error ? error.stack : "";
    // Once a session: in report mode every event may fail.
    if (!this.#told) log.error({ session: session.id, code: fault.code, stack }, fault.message);
    this.#told = true;
    if (settings().mode === "enforce") control.sever(fault);
  }

  /** Changes to what is newer. Where that cannot be read a session goes on with what it has, in either mode; told once. */
  renew(change: () => void): void {
    try {
      change();
    } catch (error) {
      const { log, session } = this.#options;
      const { code, detail } = asSamehandError(error, "store-unavailable");
      if (!this.#kept) log.warn({ session: session.id, code, detail }, "a session keeps what it is verified with");
      this.#kept = true;
    }
  }
}
