/**
 * The live judge: decides who may open a session, starts the watch over it, and carries what is said about an
 * agent (a lock by an operator, a sever in another session) to every live session of that agent.
 */
import type { Background } from "../../models/background.ts";
import type { Clock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import type { Fleet } from "../core/fleet.ts";
import type { Log } from "../core/log.ts";
import type { Enrolment } from "../core/maturity.ts";
import type { Judge, SessionControl, SessionInfo, Ticket } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";
import type { Traces } from "../core/trace.ts";
import type { AgentName, SessionId } from "../core/units.ts";
import type { Mode } from "../core/verdict.ts";
import type { Policy } from "../policy/rules.ts";
import type { AgentRecord, Store } from "../store/store.ts";
import { Confirmations } from "./confirmations.ts";
import { Enforcement } from "./enforcement.ts";
import { FarmRefresh, type Pauses } from "./farm-refresh.ts";
import { Doubts } from "./doubts.ts";
import { Learning } from "./learning.ts";
import { LiveRegistry } from "./live-registry.ts";
import { PacedQueue } from "./paced-queue.ts";
import { SessionWatch } from "./session-watch.ts";

/** What may change while sessions run; read anew for each session and each decision. */
export interface JudgeSettings {
  readonly mode: Mode;
  readonly policy: Policy;
  readonly enrolment: Enrolment;
  readonly sessionsPerAgent: number;
  /** The hold screen's language, or `auto` for the viewer's own; `auto` by default. */
  readonly language?: string;
  /** Where agents reach the gateway; left out, nobody confirms with a passkey. */
  readonly url?: string | undefined;
  /** The organisation's words on the hold screen, such as whom to call. */
  readonly notice?: string;
}

export interface JudgeOptions {
  readonly store: Store;
  readonly background: Background;
  readonly settings: () => JudgeSettings;
  readonly tally: Tally;
  readonly log: Log;
  readonly clock: Clock;
  /** This process's name in the fleet, where no fleet says it. */
  readonly worker?: string;
  /** The other processes of this gateway; left out where this one is alone. */
  readonly fleet?: Fleet;
  /** How soon the farm's background is made anew; left out, as `FarmRefresh` has it. */
  readonly farmPauses?: Pauses;
  /** Where sessions are traced; left out, they are not. */
  readonly traces?: Traces;
}

/** Between two sessions that change to another farm's background, ms: each takes about one. */
const renewalPause = 20;

export class LiveJudge implements Judge {
  readonly #options: JudgeOptions;
  readonly #learning: Learning;
  readonly #live = new Map<AgentName, Set<SessionWatch>>();
  readonly #doubts: Doubts;
  /** Held sessions that wait to be confirmed from another device. */
  readonly confirmations: Confirmations;
  /** What operators see and act on. */
  readonly sessions: LiveRegistry;
  readonly #renewals = new PacedQueue<SessionWatch>(renewalPause);
  readonly #stopListening: readonly (() => void)[];
  readonly #refreshing: FarmRefresh;
  readonly #enforcement: Enforcement;

  constructor(given: JudgeOptions) {
    const { settings } = given;
    const falseQuarantinesPerHour = () => settings().policy.budget.falseQuarantinesPerHour;
    this.#enforcement = new Enforcement({ ...given, falseQuarantinesPerHour });
    const options: JudgeOptions = {
      ...given,
      settings: () => {
        const now = settings();
        return { ...now, mode: this.#enforcement.mode(now.mode) };
      },
    };
    this.#options = options;
    this.sessions = new LiveRegistry(options.clock, options.fleet?.name ?? options.worker ?? "1");
    this.#learning = new Learning({
      ...options,
      enrolment: () => options.settings().enrolment,
      onMature: (agent) => this.#refreshing.matured(agent),
      consented: (id) => options.settings().policy.consent === "none" || options.store.consents.of(id) !== null,
    });
    this.#doubts = new Doubts(options.fleet);
    this.confirmations = new Confirmations(options.fleet);
    options.fleet?.subscribe("learned", ({ agent }, elsewhere) => {
      if (elsewhere) this.#learning.learnedElsewhere(agent);
    });
    const { farm } = this.#learning;
    this.#refreshing = new FarmRefresh({
      refresh: () => this.refresh(),
      has: (agent) => farm.has(agent),
      hasRoom: () => farm.hasRoom,
      ...(given.farmPauses === undefined ? {} : { pauses: given.farmPauses }),
    });
    void this.refresh();
    const heard = options.store.onChange((change) => {
      if (change.kind === "locked") this.#endAll(change.lock.agent, new SamehandError("agent-locked"));
      if (change.kind === "forgotten" || change.kind === "rolled-back") {
        this.#learning.forget(change.agent);
        this.#refreshing.left(change.agent);
      }
      if (change.kind === "rolled-back") for (const watch of this.#live.get(change.agent) ?? []) watch.takenBack();
      // A lock is the answer to every doubt, and what an operator takes back is taken back whole.
      if (change.kind !== "rolled-back")
        this.#doubts.clear(change.kind === "locked" ? change.lock.agent : change.agent);
    });
    const erased = options.store.onErased(() => {
      for (const agent of farm.missing) this.#refreshing.left(agent);
    });
    this.#stopListening = [heard, erased];
  }

  /**
   * Decides whether a ticket may open a session, and starts watching it.
   * @throws SamehandError `agent-locked`, `agent-unknown`, `too-many-sessions`, `store-unavailable`, `profile-unreadable`
   */
  async open(ticket: Ticket, session: SessionInfo, control: SessionControl): Promise<SessionWatch> {
    const { store } = this.#options;
    const settings = this.#options.settings();
    if (store.lockOf(ticket.agent) !== null) throw new SamehandError("agent-locked");
    try {
      await this.#claim(ticket.agent, session.id, settings.sessionsPerAgent);
      // Once more, in one go with what counts it: tokens of one turn are opened side by side.
      this.#room(ticket.agent, settings.sessionsPerAgent);
      return this.#watch(ticket, session, control, settings);
    } catch (error) {
      this.#options.fleet?.publish("left", { session: session.id });
      throw error;
    }
  }

  /** Takes one of the agent's sessions, of all that there are in the fleet. @throws SamehandError `too-many-sessions` */
  async #claim(agent: AgentName, session: SessionId, sessionsPerAgent: number): Promise<void> {
    this.#room(agent, sessionsPerAgent);
    const { fleet } = this.#options;
    if (fleet === undefined) return;
    const [refusal] = await fleet.ask("claim", { session, agent, worker: fleet.name, sessionsPerAgent });
    if (refusal !== undefined && refusal !== null) throw new SamehandError(refusal, "sessionsPerAgent");
    // A lock may have come while this was asked.
    if (this.#options.store.lockOf(agent) !== null) throw new SamehandError("agent-locked");
  }

  /** @throws SamehandError `too-many-sessions` where the agent has as many here as may be */
  #room(agent: AgentName, sessionsPerAgent: number): void {
    if ((this.#live.get(agent)?.size ?? 0) >= sessionsPerAgent)
      throw new SamehandError("too-many-sessions", "sessionsPerAgent");
  }

  #watch(ticket: Ticket, session: SessionInfo, control: SessionControl, settings: JudgeSettings): SessionWatch {
    const { store, clock } = this.#options;
    const record = this.#admit(ticket.agent, settings.policy);
    const trace = this.#options.traces?.session(session) ?? null;
    const watch = new SessionWatch({
      ...this.#options,
      learning: this.#learning,
      confirmations: this.confirmations,
      record,
      session,
      control,
      doubt: this.#doubts.of(ticket.agent, clock.wall()),
      onDoubt: (doubt) => this.#doubts.note(ticket.agent, doubt),
      onRecognised: () => this.#doubts.recognised(ticket.agent),
      onDecision: (decision) => {
        trace?.decided(decision);
        this.#enforcement.decided(ticket.agent, decision);
      },
      onEnd: (end) => {
        trace?.ended(end);
        this.sessions.remove(session.id);
        this.#left(ticket.agent, session.id, watch);
      },
      onSever: (minutes, reason) => this.#lock(ticket.agent, minutes, reason),
    });
    this.#live.set(ticket.agent, (this.#live.get(ticket.agent) ?? new Set()).add(watch));
    this.sessions.add(session.id, watch);
    this.#enforcement.entered(ticket.agent);
    store.sessionStarted(session);
    watch.begin();
    return watch;
  }

  /**
   * Makes the farm's background anew, and has every live session verified with it, one after the other. Resolves when it
   * serves new sessions; never rejects.
   */
  async refresh(): Promise<void> {
    const { farm } = this.#learning;
    const before = farm.version;
    await farm.refresh();
    if (farm.version === before) return;
    for (const watches of this.#live.values())
      for (const watch of watches) this.#renewals.add(watch, () => watch.farmChanged());
  }

  /** How many others the agent's pointing is compared with now; 0: with people of elsewhere. */
  comparedWith(agent: AgentName): number {
    return this.#learning.farm.othersOf(agent);
  }

  /** Hands what was learned so far to the store at once: it would be within seconds. */
  flush(): void {
    this.#learning.flush();
  }

  /** Hears of no change any more. Sessions are ended by the proxy, which closes their watches. */
  async close(): Promise<void> {
    this.#refreshing.close();
    this.#renewals.clear();
    for (const stop of this.#stopListening) stop();
    await this.#learning.close();
  }

  #admit(agent: AgentName, policy: Policy): AgentRecord {
    const known = this.#options.store.agent(agent);
    if (known !== null) return known;
    if (policy.strangers === "deny") throw new SamehandError("agent-unknown");
    return this.#options.store.enrol(agent);
  }

  #lock(agent: AgentName, minutes: number, reason: string): void {
    const { store, clock } = this.#options;
    const until = (clock.wall() + minutes * 60_000) as ReturnType<Clock["wall"]>;
    store.lock(agent, until, reason);
    this.#endAll(agent, new SamehandError("session-severed"));
  }

  #endAll(agent: AgentName, error: SamehandError): void {
    for (const watch of this.#live.get(agent) ?? []) watch.end(error);
  }

  #left(agent: AgentName, session: SessionId, watch: SessionWatch): void {
    this.#options.fleet?.publish("left", { session });
    const live = this.#live.get(agent);
    live?.delete(watch);
    this.#enforcement.left(agent);
    if (live?.size === 0) this.#live.delete(agent);
  }
}
