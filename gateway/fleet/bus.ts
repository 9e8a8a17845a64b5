/**
 * The fleet's bus: a star, with the first process in the middle. A process with no links is a fleet of its own.
 * What one link says is believed: the processes of a gateway are of one program and one trust.
 */
import type { Answers, Fleet, FleetQuestion, FleetQuestions, FleetTopic, FleetTopics } from "../core/fleet.ts";

/** What goes over a link. */
export type BusMessage =
  | { readonly bus: "tell"; readonly topic: FleetTopic; readonly payload: unknown }
  | { readonly bus: "ask"; readonly id: number; readonly question: FleetQuestion; readonly payload: unknown }
  | ({ readonly bus: "answers"; readonly id: number } & Answers);

/** One other process. */
export interface Link {
  /** Never throws. */
  send(message: BusMessage): void;
}

type Listener = (payload: never, elsewhere: boolean) => void;
type Respond = (payload: never) => unknown;

/** What the process in the middle alone hears and answers. */
const ofTheMiddle: ReadonlySet<FleetTopic | FleetQuestion> = new Set(["left", "claim", "standing", "sharedTunnel"]);
const nothing: Answers = { answers: [], missing: 0 };
const silence: Answers = { answers: [], missing: 1 };

export class Bus implements Fleet {
  readonly name: string;
  readonly #listeners = new Map<FleetTopic, Set<Listener>>();
  readonly #responders = new Map<FleetQuestion, Respond>();
  readonly #links = new Set<Link>();
  /** Questions that were sent over a link and wait for its answers. */
  readonly #waiting = new Map<number, { readonly link: Link; readonly settle: (answers: Answers) => void }>();
  readonly #patience: number;
  #asked = 0;
  /** What came behind an answer in the same turn; null where none did. */
  #behind: { readonly message: BusMessage; readonly from: Link }[] | null = null;

  /**
   * @param name unique in the fleet
   * @param patience how long an answer is waited for, ms; longest where a question has the longest way
   */
  constructor(name: string, patience = 3000) {
    this.name = name;
    this.#patience = patience;
  }

  publish<Topic extends FleetTopic>(topic: Topic, payload: FleetTopics[Topic]): void {
    this.#deliver(topic, payload, false);
    for (const link of this.#links) link.send({ bus: "tell", topic, payload });
  }

  subscribe<Topic extends FleetTopic>(
    topic: Topic,
    listener: (payload: FleetTopics[Topic], elsewhere: boolean) => void,
  ): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  async ask<Question extends FleetQuestion>(
    question: Question,
    payload: FleetQuestions[Question]["ask"],
  ): Promise<FleetQuestions[Question]["answer"][]> {
    const { answers } = await this.askEach(question, payload);
    return [...answers];
  }

  async askEach<Question extends FleetQuestion>(
    question: Question,
    payload: FleetQuestions[Question]["ask"],
  ): Promise<Answers<FleetQuestions[Question]["answer"]>> {
    const answers = await this.#gather(question, payload, null);
    return answers as Answers<FleetQuestions[Question]["answer"]>;
  }

  answer<Question extends FleetQuestion>(
    question: Question,
    respond: (
      payload: FleetQuestions[Question]["ask"],
    ) => FleetQuestions[Question]["answer"] | Promise<FleetQuestions[Question]["answer"]>,
  ): void {
    this.#responders.set(question, respond);
  }

  attach(link: Link): void {
    this.#links.add(link);
  }

  /** The process is gone: what it was asked is not waited for any more. */
  detach(link: Link): void {
    // What it said last is heard first: afterwards it would be taken for what somebody living says.
    while (this.#behind !== null) this.#goOn();
    this.#links.delete(link);
    for (const [id, waiting] of this.#waiting) {
      if (waiting.link !== link) continue;
      this.#waiting.delete(id);
      waiting.settle(nothing);
    }
  }

  /**
   * A message came over a link; what it tells goes on to all others. What a process that was busy is told behind an answer
   * is newer than that: it is heard once whoever asked has heard the answer.
   */
  received(message: BusMessage, from: Link): void {
    if (this.#behind === null) this.#hear(message, from);
    else this.#behind.push({ message, from });
  }

  #goOn(): void {
    const behind = this.#behind ?? [];
    this.#behind = null;
    for (const { message, from } of behind) this.received(message, from);
  }

  #hear(message: BusMessage, from: Link): void {
    switch (message.bus) {
      case "tell":
        this.#deliver(message.topic, message.payload, true);
        if (ofTheMiddle.has(message.topic)) return;
        for (const link of this.#links) if (link !== from) link.send(message);
        return;
      case "ask":
        void this.#gather(message.question, message.payload, from).then((answers) =>
          from.send({ bus: "answers", id: message.id, ...answers }),
        );
        return;
      default: {
        const waiting = this.#waiting.get(message.id);
        if (waiting?.link !== from) return;
        this.#waiting.delete(message.id);
        waiting.settle(message);
        this.#behind = [];
        setImmediate(() => this.#goOn());
      }
    }
  }

  #deliver(topic: FleetTopic, payload: unknown, elsewhere: boolean): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(payload as never, elsewhere);
  }

  /** This process's answer and those behind every link but the asking one. Never rejects. */
  async #gather(question: FleetQuestion, payload: unknown, from: Link | null): Promise<Answers> {
    if (from !== null && ofTheMiddle.has(question)) return this.#own(question, payload);
    const others = [...this.#links].filter((link) => link !== from).map((link) => this.#over(link, question, payload));
    const gathered = await Promise.all([this.#own(question, payload), ...others]);
    return {
      answers: gathered.flatMap(({ answers }) => answers),
      missing: gathered.reduce((sum, { missing }) => sum + missing, 0),
    };
  }

  async #own(question: FleetQuestion, payload: unknown): Promise<Answers> {
    const respond = this.#responders.get(question);
    if (respond === undefined) return nothing;
    try {
      return { answers: [await respond(payload as never)], missing: 0 };
    } catch {
      return silence;
    }
  }

  #over(link: Link, question: FleetQuestion, payload: unknown): Promise<Answers> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(silence);
      }, this.#patience);
      const settle = (answers: Answers): void => {
        clearTimeout(timer);
        resolve(answers);
      };
      this.#waiting.set(id, { link, settle });
      link.send({ bus: "ask", id, question, payload });
    });
  }
}
