/**
 * What a challenge asks for, what passes it, and how soon another may come: decided from the policy and from what is
 * known of the agent. Pure; the course of one challenge is in `challenge-course.ts`.
 */

/** False verdicts that are accepted per active hour. */
interface Budget {
  readonly falseQuarantinesPerHour: number;
  readonly falseSeversPerHour: number;
}

export const challengeSteps = ["code", "passkey", "phrase", "operator"] as const;
export type ChallengeStep = (typeof challengeSteps)[number];

/** The policy file's part `challenge`. */
export interface ChallengePolicy {
  /**
   * What is asked besides the phrase: the code of an authenticator app, a passkey on another device, an operator's
   * approval, or nothing. An agent who has only one of code and passkey is asked for that one.
   */
  readonly proof: "code" | "passkey" | "operator" | "none";
  /** Where the code is typed: on the hold screen, or also in the client's own dialog where it has one (`required`). */
  readonly prompt: "screen" | "dialog";
  /** What proves an agent who has neither: the phrase alone, or an operator besides it. */
  readonly withoutCode: "phrase" | "operator";
  /** Whether a random phrase is typed, whose typing must match the profile. */
  readonly phrase: boolean;
  /** Wrong codes, and times that words do not match, before the session is severed: so many of each. */
  readonly attempts: number;
  /** The share of other people whom the phrase may let through, however often they try. */
  readonly falsePasses: number;
  /** How long an operator is waited for, on top of the quarantine's own time. */
  readonly operatorSeconds: number;
  /** So many challenges passed in eight hours, and the next doubt is an operator's to settle. */
  readonly operatorAfter: number;
  /** How long a weak doubt only alerts after a passed challenge; doubled with each that was passed in eight hours. */
  readonly backoffMinutes: number;
}

export interface ChallengeFacts {
  /** The agent has a secret of one-time codes. */
  readonly hasCode: boolean;
  /** The agent has a passkey, and it is known where the gateway is reached. */
  readonly hasPasskey: boolean;
  /** The agent's typing is known well enough to be compared. */
  readonly canType: boolean;
  /** Challenges passed in the last eight hours. */
  readonly passed: number;
  /** Of the time for code and phrase too little was left by an earlier session. */
  readonly late: boolean;
}

/** What is asked, in order. Never empty: where nothing else can prove the person, an operator must. */
export function planChallenge(policy: ChallengePolicy, facts: ChallengeFacts): readonly ChallengeStep[] {
  if (facts.late || facts.passed >= policy.operatorAfter) return ["operator"];
  const steps: ChallengeStep[] = [];
  const proof = proofOf(policy, facts);
  const phrase = policy.phrase && facts.canType;
  if (proof === "code" || proof === "passkey") steps.push(proof);
  if (phrase) steps.push("phrase");
  const vouched = proof === "operator" || (proof === "missing" && policy.withoutCode === "operator");
  if (vouched || steps.length === 0) steps.push("operator");
  return steps;
}

/** What is asked besides the phrase, of what the agent has. */
function proofOf({ proof }: ChallengePolicy, facts: ChallengeFacts): ChallengePolicy["proof"] | "missing" {
  if (proof === "operator" || proof === "none") return proof;
  const other = proof === "code" ? "passkey" : "code";
  const has = { code: facts.hasCode, passkey: facts.hasPasskey };
  if (has[proof]) return proof;
  return has[other] ? other : "missing";
}

/** Words of a phrase at first, each time that more are asked for, and at most. A word is about five keystrokes that count. */
export const phraseWords = { first: 6, more: 4, most: 26 } as const;

/** Limits on a phrase's log-likelihood ratio, nats. */
export interface PhraseLimits {
  /**
   * From here on it is the agent's.
   * @param keystrokes that count so far @param begun other phrases that were not passed at once in this doubt
   */
  readonly pass: (keystrokes: number, begun: number) => number;
  /** Up to here it is somebody else's. */
  readonly fail: number;
}

/**
 * A phrase is one test that goes on, all of whose words are compared together: the longer it is, the lower the ratio
 * that somebody else reaches. Of other people a share of about `share * exp(-fall * x)` passes a limit that begins at x
 * and sinks by `slope` with each e-fold of keystrokes. Chosen on half of pace's people, with a fifth kept in hand:
 * docs/QUARANTINE.md.
 */
const others = { share: 0.26, fall: 0.82, slope: 2, from: 30 } as const;
/** Whoever begins another phrase has another chance: each is to be so many times rarer than the one before. */
const rarer = 4;
/** The ratio's tail is heavier than it says: of genuine phrases one in forty ends below this and the budget's own limit. */
const tail = 2.3;

/**
 * The limits that keep a policy's promises. `pass`: of other people no more than `falsePasses` get through, however long
 * they go on; never below indifference. `fail`: of genuine agents who are held, no more fail than the budget's false
 * severs for its false quarantines.
 */
export function phraseLimits({ falsePasses }: ChallengePolicy, budget: Budget): PhraseLimits {
  const { share, fall, slope, from } = others;
  const start = Math.log(share / falsePasses) / fall;
  const again = Math.log(rarer) / fall;
  return {
    pass: (keystrokes, begun) => Math.max(start + begun * again - slope * Math.log(keystrokes / from), 0),
    fail: Math.min(Math.log(budget.falseSeversPerHour / budget.falseQuarantinesPerHour), -1) - tail,
  };
}

/** How long passed challenges count, ms. */
export const passesCount = 8 * 3_600_000;
/** The longest that a weak doubt only alerts, minutes. */
const longestBackoff = 60;

/**
 * Until when a weak doubt only alerts, wall time in ms; 0 where it never did.
 * @param passes when challenges were passed in the last eight hours, ascending
 */
export function backoffUntil(policy: ChallengePolicy, passes: readonly number[]): number {
  const last = passes.at(-1);
  if (last === undefined) return 0;
  return last + 60_000 * Math.min(policy.backoffMinutes * 2 ** (passes.length - 1), longestBackoff);
}
