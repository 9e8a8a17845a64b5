/**
 * How the processes of one gateway speak to one another: a port, the same whether there is one process or many.
 * What crosses it is plain JSON; nothing in it was typed by anybody, and none of it is a secret.
 */
import type { ErrorCode } from "./errors.ts";
import type { ActOutcome, LiveDetail, LiveSummary, OperatorAct } from "./live.ts";
import type { AgentName, EpochMillis, SessionId } from "./units.ts";

/** What is told to every process, and what comes with it. */
export interface FleetTopics {
  /** A lock began or ended, an agent was forgotten, or an agent's profile taken back to an older version: what the store tells (`StoreChange`). */
  changed:
    | { readonly kind: "locked"; readonly lock: FleetLock }
    | { readonly kind: "unlocked" | "forgotten" | "rolled-back"; readonly agent: AgentName };
  /** An agent's profile was saved: what others keep of it is old. */
  learned: { readonly agent: AgentName };
  /** An agent's session ended or was held in doubt (see judge/doubts.ts). */
  doubted: {
    readonly agent: AgentName;
    readonly suspicion: number;
    readonly held: number | null;
    readonly away?: boolean;
    readonly at: EpochMillis;
  };
  /** An agent is doubted no more. */
  cleared: { readonly agent: AgentName };
  /** A session's own hold began or ended; others on the same desktop are held with it. */
  held: HeldDesktop & { readonly held: boolean };
  /** A session was severed: whoever joined its desktop goes with it. */
  severed: { readonly connectionId: string; readonly code: ErrorCode };
  /** A tunnel, by the web application's name of it, is held or over: files that are on their way stop, in whichever process. */
  stopped: { readonly tunnel: string };
  /** Somebody signed in at the web application, by the hash of their token; its place in the configuration keeps the login. */
  signedIn: {
    readonly token: string;
    readonly dataSource: string;
    readonly username: string;
    readonly address: string;
    readonly upstream: number;
  };
  /** A login at the web application ended, by the hash of its token. */
  signedOut: { readonly token: string };
  /** A live connection of the web application's is shared: by the hash of the link's key, and the tunnel's name. */
  shared: { readonly key: string; readonly tunnel: string };
  /** A session ended, or did not come about. Told to the first process alone, which counts for all. */
  left: { readonly session: SessionId };
}

/** What can be asked of every process: what comes with the question, and what one process answers. */
export interface FleetQuestions {
  /** Where a desktop lives, by the id of a session on it or guacd's id; null where it is not in this process. */
  desktop: {
    readonly ask: { readonly join: string };
    readonly answer: {
      readonly connectionId: string;
      readonly guacd: { readonly host: string; readonly port: number };
    } | null;
  };
  /** Whether files of this tunnel, by the web application's name of it, must stay where they are; null: it is not here. */
  tunnelHeld: { readonly ask: string; readonly answer: boolean | null };
  /**
   * Where a share link leads, by the hash of its key: the tunnel's name; null: it is no link's. Answered by the first
   * process alone, which knows those of before any worker began.
   */
  sharedTunnel: { readonly ask: string; readonly answer: string | null };
  /** Where the process of this name takes requests for its tunnels over plain HTTP: a port on the loopback; null: not here. */
  tunnelDoor: { readonly ask: string; readonly answer: number | null };
  /** The live sessions of one process, one of them, and what an operator does to one. */
  sessions: {
    readonly ask: null;
    readonly answer: { readonly worker: string; readonly sessions: readonly LiveSummary[] };
  };
  session: { readonly ask: SessionId; readonly answer: LiveDetail | null };
  act: { readonly ask: { readonly id: SessionId; readonly act: OperatorAct }; readonly answer: ActOutcome };
  /** The metrics of one process, as prom-client's JSON. */
  metrics: {
    readonly ask: null;
    readonly answer: { readonly worker: string; readonly metrics: readonly object[] };
  };
  /** Why one process should get no new sessions. */
  unready: { readonly ask: null; readonly answer: readonly string[] };
  /**
   * May this session open? Null: it may, and counts from now on. Answered by the first process alone, which counts for
   * all; where nobody answers, there is one process, and its own count stands.
   */
  claim: {
    readonly ask: {
      readonly session: SessionId;
      readonly agent: AgentName;
      /** `Fleet.name` of the process in which it lives. */
      readonly worker: string;
      readonly sessionsPerAgent: number;
    };
    readonly answer: ErrorCode | null;
  };
  /** Whose held session waits to be confirmed from another device, by the hash of its link's secret; null: none here. */
  confirmation: { readonly ask: string; readonly answer: string | null };
  /** It was confirmed. False where none waits here. */
  confirm: { readonly ask: string; readonly answer: boolean };
  /** What stands, for a process that has just begun. Answered by the first process alone. */
  standing: {
    readonly ask: null;
    readonly answer: { readonly doubts: readonly FleetTopics["doubted"][]; readonly held: readonly HeldDesktop[] };
  };
}

export interface FleetLock {
  readonly agent: AgentName;
  readonly since: EpochMillis;
  /** null: until it is unlocked. */
  readonly until: EpochMillis | null;
  readonly reason: string;
}

/** A session that is held, by guacd's id of its desktop. */
export interface HeldDesktop {
  readonly session: SessionId;
  readonly connectionId: string;
  /** `Fleet.name` of the process in which it lives. */
  readonly worker: string;
}

export type FleetTopic = keyof FleetTopics;
export type FleetQuestion = keyof FleetQuestions;

/** What came of a question to every process. */
export interface Answers<Answer = unknown> {
  readonly answers: readonly Answer[];
  readonly missing: number;
}

export interface Fleet {
  /** This process's name: `1`, `2` ... for workers, unique while the gateway runs. */
  readonly name: string;

  /** Tells every process, this one too and first. Never throws; what cannot be told to a process that died is lost. */
  publish<Topic extends FleetTopic>(topic: Topic, payload: FleetTopics[Topic]): void;

  /**
   * Hears a topic.
   * @param listener `elsewhere` is false where this very process published
   * @returns a call that stops it
   */
  subscribe<Topic extends FleetTopic>(
    topic: Topic,
    listener: (payload: FleetTopics[Topic], elsewhere: boolean) => void,
  ): () => void;

  /**
   * Asks every process, this one too.
   * @returns the answers that came in time (about two seconds); a process that has no answer, or fails, is left out
   */
  ask<Question extends FleetQuestion>(
    question: Question,
    payload: FleetQuestions[Question]["ask"],
  ): Promise<FleetQuestions[Question]["answer"][]>;

  /** As `ask`; and how many processes that could have answered did not: failed, or not in time. */
  askEach<Question extends FleetQuestion>(
    question: Question,
    payload: FleetQuestions[Question]["ask"],
  ): Promise<Answers<FleetQuestions[Question]["answer"]>>;

  /** Answers a question in this process, in place of the answer before. */
  answer<Question extends FleetQuestion>(
    question: Question,
    respond: (
      payload: FleetQuestions[Question]["ask"],
    ) => FleetQuestions[Question]["answer"] | Promise<FleetQuestions[Question]["answer"]>,
  ): void;
}

/** What stands, as the first process says it: asked again until it does, as nobody may be freed by its silence. */
export async function whatStands(fleet: Fleet): Promise<readonly FleetQuestions["standing"]["answer"][]> {
  for (;;) {
    const { answers, missing } = await fleet.askEach("standing", null);
    if (missing === 0) return answers;
  }
}
