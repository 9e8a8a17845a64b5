/** What the policy makes of sessions: false verdicts in genuine hours, by person and with bounds, and how takeovers end. */
import { agentTerms } from "../../gateway/policy/agent-terms.ts";
import { Decider, type DeciderOptions } from "../../gateway/policy/decider.ts";
import { backoffUntil } from "../../gateway/policy/challenge.ts";
import type { Policy } from "../../gateway/policy/rules.ts";
import { poissonUpperBound, seeded } from "../../models/metrics.ts";
import type { Stream } from "./streams.ts";

/** One session as it was judged. */
export interface Judged {
  readonly stream: Stream;
  /** Before the takeover. */
  readonly falseQuarantines: number;
  readonly falseSevers: number;
  /** From takeover to quarantine, s; infinite where never. */
  readonly delay: number;
}

export interface Terms extends Pick<DeciderOptions, "rules" | "thresholds" | "holdFor"> {
  /** How long a passed challenge spares a session of weak doubts; null where it does not. */
  readonly challenge: Policy["challenge"];
}

export const termsOf = (policy: Policy, peaks: readonly number[]): Terms => ({
  ...agentTerms(policy, peaks, []),
  challenge: policy.challenge,
});

/** Judges one session: a quarantine of the genuine counts as a passed challenge, after which weak doubts only alert. */
export function judge(stream: Stream, terms: Terms): Judged {
  const agent = { name: "", maturity: "mature" as const, keystrokes: 1000, actions: 300 };
  const passed: number[] = [];
  let now = 0;
  const { challenge } = terms;
  const spared = (): boolean => challenge !== null && now < backoffUntil(challenge, passed);
  const decider = new Decider({ ...terms, mode: "enforce", agent, spared });
  let [falseQuarantines, falseSevers, delay] = [0, 0, Number.POSITIVE_INFINITY];
  for (const weighed of stream.evidence) {
    const { at } = weighed;
    now = at;
    const decision = decider.tick(at) ?? decider.evidence(weighed);
    if (decision === null || (decision.verdict !== "quarantine" && decision.verdict !== "sever")) continue;
    if (at >= stream.takeover) {
      delay = (at - stream.takeover) / 1000;
      break;
    }
    if (decision.verdict === "quarantine") falseQuarantines++;
    else falseSevers++;
    decider.challengePassed(at);
    passed.push(at);
  }
  return { stream, falseQuarantines, falseSevers, delay };
}

export interface Summary {
  readonly hours: number;
  readonly people: number;
  readonly falseQuarantines: number;
  readonly perEightHours: number;
  /** Upper 95 % bounds: as if each false quarantine came by itself, and over people drawn anew. */
  readonly bound: number;
  readonly boundOverPeople: number;
  readonly falseSevers: number;
  readonly seversPerHourBound: number;
  /** People with false quarantines, most first. */
  readonly who: readonly (readonly [string, number])[];
}

const hourMillis = 3_600_000;
const draws = 1000;

export function summary(judged: readonly Judged[]): Summary {
  const own = new Map<string, { hours: number; count: number }>();
  let severs = 0;
  for (const { stream, falseQuarantines, falseSevers } of judged) {
    const person = own.get(stream.typist) ?? { hours: 0, count: 0 };
    person.hours += Math.min(stream.length, stream.takeover) / hourMillis;
    person.count += falseQuarantines;
    own.set(stream.typist, person);
    severs += falseSevers;
  }
  const people = [...own.values()];
  const hours = people.reduce((sum, each) => sum + each.hours, 0);
  const count = people.reduce((sum, each) => sum + each.count, 0);
  return {
    hours,
    people: people.length,
    falseQuarantines: count,
    perEightHours: (8 * count) / hours,
    bound: (8 * poissonUpperBound(count)) / hours,
    boundOverPeople: overPeople(people),
    falseSevers: severs,
    seversPerHourBound: poissonUpperBound(severs) / hours,
    who: [...own]
      .map(([id, { count }]) => [id, count] as const)
      .filter(([, count]) => count > 0)
      .sort((a, b) => b[1] - a[1]),
  };
}

function overPeople(people: readonly { hours: number; count: number }[]): number {
  const random = seeded(1);
  const rates = Array.from({ length: draws }, () => {
    let [hours, count] = [0, 0];
    for (let each = 0; each < people.length; each++) {
      const person = people[Math.floor(random() * people.length)];
      hours += person.hours;
      count += person.count;
    }
    return (8 * count) / hours;
  }).sort((a, b) => a - b);
  return rates[Math.floor(0.95 * draws)];
}

/** Times of all takeovers, those never caught as infinite, s. */
export interface Caught {
  readonly takeovers: number;
  readonly share: number;
  readonly median: number;
  readonly p90: number;
}

export function caught(judged: readonly Judged[]): Caught {
  const delays = judged.map(({ delay }) => delay).sort((a, b) => a - b);
  const rank = (share: number): number => delays[Math.max(0, Math.ceil(share * delays.length) - 1)] ?? Number.NaN;
  const found = delays.filter((delay) => Number.isFinite(delay)).length;
  return { takeovers: delays.length, share: found / Math.max(1, delays.length), median: rank(0.5), p90: rank(0.9) };
}
