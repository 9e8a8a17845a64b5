/** What a draft would have done over the last days: both policies replayed over the scores that are kept. */
import { setImmediate as breathe } from "node:timers/promises";
import { epochMillis } from "../core/units.ts";
import { stricter } from "../core/verdict.ts";
import { type Replayed, replay } from "../policy/policy-replay.ts";
import type { Policy } from "../policy/rules.ts";
import type { ScoredSession } from "../store/scores.ts";
import type { AgentId, AgentRecord } from "../store/store.ts";
import type { Replay } from "./contract/policy.ts";
import type { Handlers } from "./handlers.ts";
import { parseDraft, type PolicyParts } from "./policy-handlers.ts";

const dayMillis = 86_400_000;
const hourMillis = 3_600_000;
const mostSessions = 50_000;
const mostChanged = 500;
/** Of this process's time; sessions older than what fits are left out, and it is said. */
const budgetMillis = 8000;

export const replayHandlers = (parts: PolicyParts): Pick<Handlers, "replayPolicy"> => ({
  replayPolicy: async ({ body }) => {
    const from = Math.floor(parts.clock.wall() - body.days * dayMillis);
    return new PolicyComparison(parts, parseDraft(body.text), from).run();
  },
});

type Changed = Replay["changed"][number];

class PolicyComparison {
  readonly #parts: PolicyParts;
  readonly #draft: Policy;
  readonly #from: number;
  readonly #before = { alert: 0, quarantine: 0, sever: 0 };
  readonly #after = { alert: 0, quarantine: 0, sever: 0 };
  readonly #changed: Changed[] = [];
  #sessions = 0;
  #active = 0;

  constructor(parts: PolicyParts, draft: Policy, from: number) {
    this.#parts = parts;
    this.#draft = draft;
    this.#from = from;
  }

  /** Newest sessions first; live input goes first between any two of them. */
  async run(): Promise<Replay> {
    const { store, clock } = this.#parts;
    const agents = new Map<AgentId, AgentRecord>();
    for (const page of store.agentPages()) {
      for (const agent of page) agents.set(agent.id, agent);
      await breathe();
    }
    const sessions = store.scores.since(epochMillis(this.#from), mostSessions);
    let spent = 0;
    for (const session of sessions) {
      const began = clock.now();
      const agent = agents.get(session.agent);
      if (agent !== undefined) this.#compare(session, agent);
      spent += clock.now() - began;
      if (spent > budgetMillis) break;
      await breathe();
    }
    this.#changed.sort((a, b) => a.lowestTrust - b.lowestTrust);
    return {
      sessions: this.#sessions,
      leftOut: sessions.length - this.#sessions,
      activeHours: this.#active / hourMillis,
      from: this.#from,
      before: this.#before,
      after: this.#after,
      changed: this.#changed.slice(0, mostChanged),
    };
  }

  #compare({ session, startedAt, maturity, name }: ScoredSession, agent: AgentRecord): void {
    const { desk, store } = this.#parts;
    const { keystrokes, actions } = agent;
    const chunks = store.scores.of(session);
    const recorded = { startedAt, chunks, agent: { name, maturity, keystrokes, actions } };
    const own = desk.peaksOf(agent);
    const before = replay(recorded, desk.current(), desk.peaks, own);
    const after = replay(recorded, this.#draft, desk.peaks, own);
    this.#sessions++;
    this.#active += after.active;
    if (before.verdict !== "allow") this.#before[before.verdict]++;
    if (after.verdict !== "allow") this.#after[after.verdict]++;
    if (before.verdict !== after.verdict) this.#changed.push(changeOf(session, name, startedAt, before, after));
  }
}

const changeOf = (session: string, agent: string, startedAt: number, before: Replayed, after: Replayed): Changed => ({
  session,
  agent,
  startedAt,
  before: before.verdict,
  after: after.verdict,
  at: stricter(after.verdict, before.verdict) ? after.at : before.at,
  lowestTrust: after.lowestTrust,
});
