/** What a policy means for one agent. The live gateway and evaluation both judge by this, so that they cannot differ. */
import { millis } from "../core/units.ts";
import type { DeciderOptions } from "./decider.ts";
import type { Policy } from "./rules.ts";
import { deriveThresholds, type Peaks } from "./thresholds.ts";
import { defaultTrustOptions, highestSingle } from "./trust.ts";

/** The part of a decider's options that follows from the policy. */
export type AgentTerms = Pick<DeciderOptions, "rules" | "thresholds" | "holdFor">;

/** By an agent's own peaks, which are one list for all of the agent's sessions until another profile is saved. */
const known = new WeakMap<Peaks, { policy: Policy; background: Peaks; terms: AgentTerms }>();

/**
 * Rules, limits and hold of one agent's sessions.
 * @param background peaks of genuine stretches of people who are not in the background's training
 * @param own the agent's own peaks
 */
export function agentTerms(policy: Policy, background: Peaks, own: Peaks): AgentTerms {
  const last = known.get(own);
  if (last?.policy === policy && last.background === background) return last.terms;
  const terms = makeTerms(policy, background, own);
  known.set(own, { policy, background, terms });
  return terms;
}

function makeTerms(policy: Policy, background: Peaks, own: Peaks): AgentTerms {
  const { falseQuarantinesPerHour, falseSeversPerHour } = policy.budget;
  const budget = { falseQuarantines: falseQuarantinesPerHour, falseSevers: falseSeversPerHour };
  return {
    rules: policy,
    thresholds: deriveThresholds(budget, background, own, highestSingle(defaultTrustOptions)),
    holdFor: millis(policy.quarantineSeconds * 1000),
  };
}
