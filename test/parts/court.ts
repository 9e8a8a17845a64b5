/** A judge on a real store that knows one agent's hand, sessions before it, and what their viewers were asked. */
import { join } from "node:path";
import type { Test } from "tap";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { enrolPerson } from "./colleagues.ts";
import { send, StepClock, Typist } from "./typist.ts";
import type { SamehandError } from "../../gateway/core/errors.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import type { Log } from "../../gateway/core/log.ts";
import type { Prompt } from "../../gateway/core/prompt.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, keysym, sessionId } from "../../gateway/core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../../gateway/policy/policy-file.ts";
import type { ChallengePolicy } from "../../gateway/policy/challenge.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { codeAt } from "../../gateway/judge/challenge-code.ts";
import { LiveJudge } from "../../gateway/judge/judge.ts";
import type { SessionWatch } from "../../gateway/judge/session-watch.ts";

export const background = Background.load();
export const ann = agentName("ann");
export const own = new Typist(1);
/** Two who are not ann; of the second a phrase is sure. */
export const other = new Typist(2);
export const stranger = new Typist(14);
export const enter = 0xff0d;

/** A judge on a real store that knows ann's hand, and a session of hers that is held. */
export function court(t: Test, change: Partial<ChallengePolicy> = {}, languages = "") {
  const clock = new StepClock();
  const lines: string[] = [];
  const add = (fields: Record<string, unknown>, text: string): void =>
    void lines.push(JSON.stringify({ fields, text }));
  const log: Log = { debug: add, info: add, warn: add, error: add };
  const folder = t.testdir();
  const store = openStore({
    path: join(folder, "store.db"),
    keys: parseKeyRing(newKeyLine(new Date()), "t"),
    clock,
    log,
  });
  enrolPerson(store, background, ann, 1, 1600);
  const agent = store.agent(ann);
  if (agent === null) throw new Error("no agent");
  const plain = loadPolicy(defaultPolicyFile);
  const settings = {
    mode: "enforce" as const,
    policy: Object.assign(Object.create(plain) as typeof plain, {
      challenge: { ...plain.challenge, ...change },
      // every window of evidence is a doubt: how doubt comes about is tested elsewhere
      decide: () => ({ verdict: "quarantine" as const, rule: "doubt", because: "doubted" }),
    }),
    enrolment: { provisional: { keystrokes: 9, actions: 9, days: 0 }, mature: { keystrokes: 9, actions: 9, days: 0 } },
    sessionsPerAgent: 4,
    notice: "Call 4711.",
    url: "https://desktops.example",
  };
  const tally = new Tally();
  const judge = new LiveJudge({ store, background, settings: () => settings, tally, log, clock });
  t.teardown(async () => {
    await judge.close();
    store.close();
  });
  const acts: string[] = [];
  const prompts: Prompt[] = [];
  let number = 0;
  const open = async (name = ann) => {
    let watch: SessionWatch | null = null;
    const id = sessionId(`00000000-0000-4000-8000-00000000000${++number}`);
    const session = { id, agent: name, connection: "desk", startedAt: clock.wall(), address: "::1", languages };
    const control = {
      quarantine: (): number => acts.push("quarantine"),
      show: (prompt: Prompt): number => prompts.push(prompt),
      release: (): number => acts.push("release"),
      sever(error: SamehandError) {
        acts.push(`sever ${error.code}`);
        watch?.close(clock.now(), error);
      },
    };
    const ticket = { agent: name, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    watch = await judge.open(ticket, session, control);
    return watch;
  };
  /** Another hand drives until the session is held. */
  const held = async () => {
    const watch = await open();
    const from = clock.now();
    for (const event of other.shift(4000, 3)) {
      clock.advance(from + event.at - clock.now());
      send(watch, event, clock.now());
      if (watch.verdict === "quarantine") break;
    }
    t.equal(watch.verdict, "quarantine");
    clock.advance(2000);
    return watch;
  };
  const press = (watch: SessionWatch, symbols: readonly number[]): void => {
    for (const symbol of symbols) {
      watch.key(clock.now(), keysym(symbol), true);
      clock.advance(90);
      watch.key(clock.now(), keysym(symbol), false);
      clock.advance(160);
    }
  };
  const giveCode = (watch: SessionWatch, code: string | null): void =>
    press(watch, [...(code ?? "").split("").map((digit) => digit.charCodeAt(0)), enter]);
  const code = (): string | null => codeAt(store, agent.id, clock.wall());
  const asked = (): string[] => {
    const field = prompts.at(-1)?.field;
    return field?.kind === "phrase" ? field.words.filter(({ state }) => state !== "right").map(({ text }) => text) : [];
  };
  /** Types what is asked until something else is, or it is over. */
  const givePhrase = (watch: SessionWatch, hand: Pick<Typist, "type">, tries = 1): string[] => {
    const typed: string[] = [];
    for (let n = 0; n < tries * 5 && watch.challenge?.step === "phrase"; n++) {
      const words = asked();
      typed.push(...words);
      const from = clock.now() + 1000;
      // after more words were asked for, the space after the last one is there already
      for (const event of hand.type(words.join(" "), 0, n)) {
        if (event.kind !== "key") continue;
        clock.advance(from + event.at - clock.now());
        watch.key(clock.now(), keysym(event.keysym), event.pressed);
      }
      clock.advance(1000);
    }
    return typed;
  };
  const profile = (): Profile => Profile.decode(store.profile(agent.id)?.body ?? new Uint8Array(), background);
  /** Something of an earlier session waits to be learned until the agent is confirmed. */
  const holdBack = (): Profile => {
    const known = profile();
    known.sealed = true;
    known.candidate = { part: known.anchor, session: "earlier", day: 0 };
    const { keystrokes, actions } = known;
    store.updateProfile(agent.id, () => ({ keystrokes, actions, days: 1, body: known.encode() }));
    return profile();
  };
  const rules = (): string[] =>
    store
      .decisions(50)
      .map(({ rule }) => rule)
      .toReversed();
  return {
    clock,
    store,
    judge,
    agent,
    tally,
    settings,
    open,
    held,
    press,
    giveCode,
    code,
    givePhrase,
    asked,
    acts,
    prompts,
    lines,
    folder,
    profile,
    holdBack,
    rules,
  };
}
