/** A farm whose one agent is doubted at once, so that what follows a doubt is what a test is about. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Test } from "tap";
import type { InputSink } from "../../gateway/core/input.ts";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { codeAt, enrolCode } from "../../gateway/judge/challenge-code.ts";
import { defaultPolicyFile } from "../../gateway/policy/policy-file.ts";
import type { AgentId } from "../../gateway/store/store.ts";
import { Background } from "../../models/background.ts";
import { enrolPerson } from "./colleagues.ts";
import { type Farm, type FarmOptions, startFarm } from "./farm.ts";
import { HeldSession } from "./held-session.ts";
import { paced, PacedClock } from "./paced-clock.ts";
import { Typist } from "./typist.ts";

const doubt = `rules:
  - name: doubt
    when: session.keystrokes >= 30 && session.quarantines == 0
    then: quarantine
    because: doubted
`;
const enough = { keystrokes: 300, actions: 0, days: 0 };
/** The agent. */
export const anna = new Typist(1);
/** What anna types until she is held. */
export const before = "good morning how may i help you today sir";
const afterwards = "thanks";

export interface Doubted {
  readonly farm: Farm;
  readonly id: AgentId;
  /** What anna's authenticator shows. @param steps of 30 s from now */
  code(steps?: number): string;
  /** Anna types in the newest session, until it is held. @param sink where her keys go */
  hold(sink: InputSink): Promise<HeldSession>;
  /** Anna types the words, and on once she is let in. Fails unless X received just what was not held since index `from`. */
  comesBack(t: Test, held: HeldSession, sink: InputSink, from: number): Promise<string[]>;
}

/** @param changes of the shipped policy: what stands there, and what shall */
export async function startDoubted(
  changes: Readonly<Record<string, string>>,
  { config = {}, ...options }: FarmOptions = {},
): Promise<Doubted> {
  let policy = readFileSync(defaultPolicyFile, "utf8").replace(/^rules:\n/m, doubt);
  for (const [now, then] of Object.entries(changes)) policy = policy.replace(now, then);
  const enrolment = { provisional: enough, mature: enough };
  const clock = new PacedClock();
  const farm = await startFarm({ policy, clock, config: { mode: "enforce", enrolment, ...config }, ...options });
  const { gateway, desktop } = farm;
  const { store, tally } = gateway;
  const play = paced(clock, tally);
  enrolPerson(store, Background.load(), "anna", 1, 1600);
  const { id } = store.enrol(agentName("anna"));
  enrolCode(store, id, "anna", "Example");
  return {
    farm,
    id,
    code: (steps = 0) => codeAt(store, id, epochMillis(Date.now() + steps * 30_000)) ?? "",
    async hold(sink) {
      const held = new HeldSession([...gateway.proxy.sessions.values()].at(-1) as SessionControl, sink, play);
      await play(anna.type(before, 0), sink, () => held.asked);
      return held;
    },
    async comesBack(t, held, sink, from) {
      await held.settle();
      const words = await held.givePhrase(anna, () => tally.challenges.has("passed"));
      t.equal(tally.challenges.get("passed"), 1);
      while (tally.sessionsHeld > 0) await sleep(20);
      await play(anna.type(afterwards, 0), sink);
      await desktop.ends(afterwards, from);
      const received = desktop.typed(from).slice(0, -afterwards.length);
      t.ok(before.startsWith(received), `only what came before the verdict: ${received.length} keys`);
      return words;
    },
  };
}
