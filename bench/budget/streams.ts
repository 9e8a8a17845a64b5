/**
 * Sessions put together of one person's typing and another one's pointing, at the pace of mixed work: genuine from start to
 * end, or taken over by two others. What is kept of one is its evidence, so that trust can be judged in many ways.
 */
import { Inspector } from "../../gateway/inspect/inspector.ts";
import type { Weighed } from "../../gateway/policy/decider.ts";
import { millis } from "../../gateway/core/units.ts";
import type { Seen } from "../../gateway/offline/tape.ts";
import { Verifier } from "../../models/verifier.ts";
import type { Colleagues, Part, Person } from "./people.ts";

/**
 * Whose session it is: the agent's, the agent's with another person's pointing from the start (as a new mouse might look),
 * taken over by somebody of the same farm, or of another one, or a colleague's from the start. An agent who is alone has no
 * colleagues: whoever else is meant comes from the next farm.
 */
export type Kind = "genuine" | "other-mouse" | "colleague" | "stranger" | "impostor";

export interface Stream {
  readonly kind: Kind;
  readonly typist: string;
  readonly hand: string;
  /** Which half of the people it belongs to, 0 or 1: by the farm of its typist. */
  readonly half: number;
  /** ms; infinite for a genuine one. */
  readonly takeover: number;
  readonly length: number;
  readonly evidence: readonly Weighed[];
}

/** Mixed work: observations in an active minute. */
const perMinute: Readonly<Record<Part, number>> = { keyboard: 121, pointer: 17 };
/** Of a session with a takeover: so long before at most, and so long after it, ms. */
const [longestBefore, after] = [150_000, 155_000];

export interface Plan {
  /** Hands that each typist's session is paired with. */
  readonly hands: number;
  /** Takeovers of each kind for each typist's session. */
  readonly takeovers: number;
  readonly random: () => number;
}

/** @param typists farms of typists @param hands farms of hands */
export function* streams(typists: readonly Colleagues[], hands: readonly Colleagues[], plan: Plan): Generator<Stream> {
  let [turn, pairing] = [0, 0];
  for (const [index, farm] of typists.entries())
    for (const typist of farm.people)
      for (const session of [...typist.sessions, ...joined(typist.sessions)]) {
        for (let each = 0; each < plan.hands; each++) {
          const place = pairing % hands.length;
          const { people } = hands[place];
          // In turn and not at random: a few unlucky pairs make all the difference.
          const hand = people[Math.floor(pairing++ / hands.length) % people.length];
          const pick = { farm, typist, session, half: index % 2 };
          yield genuine("genuine", pick, hands[place], hand, hands[place], plan);
          if (each === 0) yield genuine("other-mouse", pick, hands[place], hand, company(hands, place), plan);
        }
        for (let each = 0; each < plan.takeovers; each++) {
          const place = turn++ % hands.length;
          const pick = { farm, typist, session, half: index % 2 };
          if (farm.people.length > 1 && hands[place].people.length > 1)
            yield taken("colleague", pick, farm, hands[place], hands[place], plan);
          yield taken("impostor", pick, company(typists, index), hands[place], company(hands, place), plan);
          if (typists.length > 1)
            yield taken("stranger", pick, next(typists, index), hands[place], next(hands, place), plan);
        }
      }
}

/** Sessions one behind the other: a hand that is itself, and yet of another day in mid-session. */
const joined = (sessions: Person["sessions"]): Seen[][] =>
  sessions.slice(1).map((session, index) => [...sessions[index], ...session]);

const next = (farms: readonly Colleagues[], place: number): Colleagues => farms[(place + 1) % farms.length];

/** The farm itself, or the next one where there is nobody else in it. */
const company = (farms: readonly Colleagues[], place: number): Colleagues =>
  farms[place].people.length > 1 ? farms[place] : next(farms, place);

const othersOf = ({ id }: Person, { people }: Colleagues): Person[] => people.filter((each) => each.id !== id);

const any = <Of>(of: readonly Of[], random: () => number): Of => of[Math.floor(random() * of.length)];

function genuine(
  kind: "genuine" | "other-mouse",
  { farm, typist, session, half }: Pick,
  hands: Colleagues,
  hand: Person,
  otherHands: Colleagues,
  { random }: Plan,
): Stream {
  const length = (session.length * 60_000) / perMinute.keyboard;
  const pointing = kind === "genuine" ? hand : any(othersOf(hand, otherHands), random);
  const points = cut(any(pointing.sessions, random), Math.floor((length * perMinute.pointer) / 60_000), random);
  return told(kind, farm, typist, session, hands, hand, points, half, Number.POSITIVE_INFINITY);
}

interface Pick {
  readonly farm: Colleagues;
  readonly typist: Person;
  readonly session: readonly Seen[];
  readonly half: number;
}

function taken(
  kind: Kind,
  { farm, typist, session, half }: Pick,
  otherTypists: Colleagues,
  hands: Colleagues,
  otherHands: Colleagues,
  { random }: Plan,
): Stream {
  const hand = any(hands.people, random);
  const impostor = any(othersOf(typist, otherTypists), random);
  const stranger = any(othersOf(hand, otherHands), random);
  const genuineFor = Math.min(longestBefore, (session.length * 60_000) / perMinute.keyboard);
  const takeover = kind === "impostor" ? 0 : genuineFor;
  const count = (part: Part, time: number): number => Math.floor((time * perMinute[part]) / 60_000);
  const keys = [
    ...session.slice(0, count("keyboard", takeover)),
    ...cut(any(impostor.sessions, random), count("keyboard", after), random),
  ];
  const points = [
    ...cut(any(hand.sessions, random), count("pointer", takeover), random),
    ...cut(any(stranger.sessions, random), count("pointer", after), random),
  ];
  return told(kind, farm, typist, keys, hands, hand, points, half, takeover);
}

/** So many observations in a row from anywhere in a session; a shorter session starts over. */
function cut(session: readonly Seen[], count: number, random: () => number): Seen[] {
  const from = Math.floor(random() * Math.max(1, session.length - count));
  return Array.from({ length: count }, (_, index) => session[(from + index) % session.length]);
}

/** Who is verified in a session, and what was typed and pointed in it. */
function told(
  kind: Kind,
  typists: Colleagues,
  typist: Person,
  keys: readonly Seen[],
  hands: Colleagues,
  hand: Person,
  points: readonly Seen[],
  half: number,
  takeover: number,
): Stream {
  const typed = evidenceOf("keyboard", typists, typist, keys);
  const pointed = evidenceOf("pointer", hands, hand, points);
  const evidence = [...typed, ...pointed].sort((a, b) => a.at - b.at);
  const length = (keys.length * 60_000) / perMinute.keyboard;
  return { kind, typist: typist.id, hand: hand.id, half, takeover, length, evidence };
}

/** Sessions are paired with many hands: what was typed is scored once. */
const scored = new WeakMap<readonly Seen[], Weighed[]>();

/** Scores one modality as the inspector would, without the link. */
function evidenceOf(part: Part, farm: Colleagues, { id }: Person, seen: readonly Seen[]): Weighed[] {
  const known = scored.get(seen);
  if (known !== undefined) return known;
  const evidence: Weighed[] = [];
  const inspector = new Inspector({
    verifier: new Verifier(farm.backgroundOf(id), farm.profileOf(id)),
    enrolment: null,
    onEvidence: ({ modality, llr }, weight, at) => {
      const { keystrokes, actions } = inspector;
      evidence.push({ at, modality, llr, weight, keystrokes, actions });
    },
  });
  seen.forEach((each, index) => {
    const at = millis(((index + 1) * 60_000) / perMinute[part]);
    if (each.keystroke !== undefined) inspector.keystroke(each.keystroke, at);
    else inspector.action(each.action, at);
  });
  scored.set(seen, evidence);
  return evidence;
}
