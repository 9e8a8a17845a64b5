/** The live sessions of this process, for operators: the port by which they are seen and acted on. */
import type { Clock } from "../core/clock.ts";
import type { ActOutcome, LiveDetail, LiveList, LiveSessions, LiveSummary, OperatorAct } from "../core/live.ts";
import type { SessionId } from "../core/units.ts";
import { detailOf, summaryOf } from "./live-view.ts";
import type { SessionWatch } from "./session-watch.ts";

export class LiveRegistry implements LiveSessions {
  readonly #clock: Clock;
  readonly #worker: string;
  readonly #watches = new Map<SessionId, SessionWatch>();

  /** @param worker this process's name in the fleet */
  constructor(clock: Clock, worker: string) {
    this.#clock = clock;
    this.#worker = worker;
  }

  add(id: SessionId, watch: SessionWatch): void {
    this.#watches.set(id, watch);
  }

  remove(id: SessionId): void {
    this.#watches.delete(id);
  }

  /** As `list`, at once: for the fleet's bus. */
  summaries(): LiveSummary[] {
    return Array.from(this.#watches.values(), (watch) =>
      summaryOf({ ...watch.viewed, worker: this.#worker }, this.#clock),
    );
  }

  list(): Promise<LiveList> {
    return Promise.resolve({ sessions: this.summaries(), silent: 0 });
  }

  detail(id: SessionId): Promise<LiveDetail | null> {
    const watch = this.#watches.get(id);
    return Promise.resolve(
      watch === undefined ? null : detailOf({ ...watch.viewed, worker: this.#worker }, this.#clock),
    );
  }

  act(id: SessionId, act: OperatorAct): Promise<ActOutcome> {
    const watch = this.#watches.get(id);
    return Promise.resolve(watch === undefined ? "gone" : watch.operate(act));
  }
}
