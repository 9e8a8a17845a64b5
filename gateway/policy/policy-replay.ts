/** What a policy would have decided of a session, from the windows of evidence that were kept. */
import type { SignalName } from "../core/signal.ts";
import { epochMillis, type EpochMillis } from "../core/units.ts";
import { stricter, type Verdict } from "../core/verdict.ts";
import { ActiveTime } from "./active-time.ts";
import { agentTerms } from "./agent-terms.ts";
import { Decider, type Rules } from "./decider.ts";
import type { Facts, Policy } from "./rules.ts";
import { play } from "./score-tape.ts";
import type { Peaks } from "./thresholds.ts";

/** A session's evidence, and of whom it is. */
export interface Recorded {
  readonly startedAt: EpochMillis;
  readonly agent: Facts["agent"];
  readonly chunks: readonly Uint8Array[];
}

export interface Replayed {
  /** The strictest that was decided. A sever by the end of a hold is not: an agent would have answered the challenge. */
  readonly verdict: Verdict;
  /** When it was decided; null for `allow`. */
  readonly at: EpochMillis | null;
  readonly lowestTrust: number;
  /** Active time, ms. */
  readonly active: number;
}

/** @param background peaks as in `deriveThresholds` @param own the agent's */
export function replay(
  { startedAt, agent, chunks }: Recorded,
  policy: Policy,
  background: Peaks,
  own: Peaks,
): Replayed {
  let around = { jitterMs: 0, signals: [] as string[], hour: 0 };
  const decider = new Decider({
    ...agentTerms(policy, background, own),
    rules: unexpired(policy),
    mode: "enforce",
    agent,
    surroundings: () => around,
  });
  let verdict: Verdict = "allow";
  let at: EpochMillis | null = null;
  let lowestTrust = 100;
  const time = new ActiveTime();
  let active = 0;
  for (const window of play(chunks)) {
    const wall = epochMillis(Math.round(startedAt + window.at));
    active += time.until(window.at);
    around = {
      jitterMs: window.jitterMs,
      signals: window.signals.filter((name) => policy.signals[name as SignalName] !== "off"),
      hour: new Date(wall).getHours(),
    };
    const decision = decider.evidence(window);
    lowestTrust = Math.min(lowestTrust, decider.filter.trust);
    if (decision === null || !stricter(decision.wouldBe, verdict)) continue;
    verdict = decision.wouldBe;
    at = wall;
  }
  return { verdict, at, lowestTrust, active };
}

/** The policy's rules on holds whose time never ends, whatever came after them: nobody is there in a replay to answer. */
function unexpired(policy: Policy): Rules {
  const longest = (1 - Number.EPSILON) * policy.quarantineSeconds;
  return {
    decide: (facts) => {
      const { session } = facts;
      if (session.quarantinedSeconds <= longest) return policy.decide(facts);
      return policy.decide({ ...facts, session: { ...session, quarantinedSeconds: longest } });
    },
  };
}
