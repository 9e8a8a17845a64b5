/** What a decision's rule means, in one lower-case sentence. */
import { signalWords } from "../core/signal.ts";
import type { Policy } from "../policy/rules.ts";

export type RuleWords = (rule: string) => string;

/** Rules that the gateway has by itself, besides the policy's. */
const own: Readonly<Record<string, string>> = {
  ...signalWords,
  start: "the session has begun",
  none: "no rule matched",
  "left-while-held": "an earlier session of the agent was left while it was held",
  "mode-changed": "the mode was changed while the session was doubted",
  "quarantine-expired": "the quarantine ended without the agent being recognised",
  "recognised-while-held": "the input in quarantine matched the agent again",
  "challenge-passed": "the agent passed the challenge",
  "held-by-operator": "an operator holds the session",
  "released-by-operator": "an operator let the session go on",
  "severed-by-operator": "an operator ended the session",
};

/** @param policy the one that stands when asked */
export const ruleWords =
  (policy: () => Policy): RuleWords =>
  (rule) =>
    policy().rules.find((each) => each.rule === rule)?.because ?? own[rule] ?? rule.replaceAll("-", " ");
