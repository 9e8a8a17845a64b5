/** How an agent's challenges went, and what follows from it for the next one. */
import { asSamehandError } from "../core/errors.ts";
import type { SessionInfo } from "../core/session.ts";
import { type EpochMillis, epochMillis } from "../core/units.ts";
import { backoffUntil, passesCount } from "../policy/challenge.ts";
import type { Loss, Losses } from "../policy/challenge-course.ts";
import type { ChallengeOutcome, ChallengeRecord } from "../store/challenges.ts";
import type { AgentRecord } from "../store/store.ts";
import type { JudgeOptions } from "./judge.ts";

export interface ChallengeHistoryOptions extends JudgeOptions {
  readonly record: AgentRecord;
  readonly session: SessionInfo;
}

/** What ends a doubt: attempts that were lost before it do not count against the next one. */
const final: ReadonlySet<ChallengeOutcome> = new Set([
  "passed",
  "returned",
  "approved",
  "refused",
  "severed",
  "timed-out",
]);

export class ChallengeHistory {
  readonly #options: ChallengeHistoryOptions;

  constructor(options: ChallengeHistoryOptions) {
    this.#options = options;
  }

  note(outcome: ChallengeOutcome): void {
    const { tally, store, record } = this.#options;
    tally.challenged(outcome);
    store.challenges.note(record.id, outcome);
  }

  /** Challenges of the last eight hours that were passed in doubt. Who was only away has doubted nobody. */
  get passed(): number {
    return this.#passes().length;
  }

  /** Attempts that were lost since the last doubt ended, in whatever session and process. */
  get lost(): Losses {
    const history = this.#recent();
    const since = history.slice(history.findLastIndex(({ outcome }) => final.has(outcome)) + 1);
    const count = (wanted: Loss): number => since.filter(({ outcome }) => outcome === wanted).length;
    return {
      "wrong-code": count("wrong-code"),
      "failed-phrase": count("failed-phrase"),
      undecided: count("undecided"),
    };
  }

  /** Until when a weak doubt only alerts. @param now a challenge was passed just now, which may not be written yet */
  sparedUntil(now: "passed-now" | "before"): EpochMillis {
    const policy = this.#options.settings().policy.challenge;
    if (policy === null) return epochMillis(0);
    const passes = [...this.#passes(), ...(now === "passed-now" ? [this.#options.clock.wall()] : [])];
    return epochMillis(backoffUntil(policy, passes));
  }

  /** A store that fails must not end a session: what cannot be known is taken to be the stricter. */
  safely<Out>(call: () => Out, otherwise: Out): Out {
    try {
      return call();
    } catch (error) {
      const { code, detail } = asSamehandError(error, "store-unavailable");
      const { log, session } = this.#options;
      log.warn({ session: session.id, code, detail }, "a challenge could not ask the store");
      return otherwise;
    }
  }

  #passes(): number[] {
    return this.#recent()
      .filter(({ outcome }) => outcome === "passed" || outcome === "approved")
      .map(({ at }) => at);
  }

  #recent(): ChallengeRecord[] {
    const { store, record, clock } = this.#options;
    const since = epochMillis(clock.wall() - passesCount);
    return this.safely(() => store.challenges.since(record.id, since), []);
  }
}
