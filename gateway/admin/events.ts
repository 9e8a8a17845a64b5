/**
 * The live stream: one look at the fleet's sessions a second for all who listen, and to each the changes since. A
 * listener that does not read is let go: it comes back and gets a snapshot.
 */
import type { ServerResponse } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { LiveList, LiveSessions, LiveSummary } from "../core/live.ts";
import type { Log } from "../core/log.ts";
import type { Mode } from "../core/verdict.ts";
import type { Store } from "../store/store.ts";
import type { LiveEvent } from "./contract/event.ts";
import type { RuleWords } from "./rule-words.ts";
import { decisionOf, sessionOf } from "./sessions.ts";

export interface EventParts {
  readonly live: LiveSessions;
  readonly store: Store;
  readonly words: RuleWords;
  readonly mode: () => Mode;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two looks; a second by default. */
  readonly lookMillis?: number;
}

const usualMillis = 1000;
const mostUnread = 8 * 1024 * 1024;
const mostListeners = 200;

interface Listener {
  readonly response: ServerResponse;
  /** Throws once whoever listens may not any more. */
  readonly check: () => void;
}

const frame = (event: LiveEvent): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

export class Events {
  readonly #parts: EventParts;
  readonly #listeners = new Set<Listener>();
  /** What was last told of each session, as JSON. */
  #told = new Map<string, string>();
  #decidedAt = new Map<string, number>();
  /** The mode and the silent processes that were last told of. */
  #standing = "";
  #timer: NodeJS.Timeout | null = null;
  #looking = false;
  readonly #stopHearing: () => void;

  constructor(parts: EventParts) {
    this.#parts = parts;
    this.#stopHearing = parts.store.onChange((change) => {
      if (change.kind === "rolled-back") return;
      const agent = change.kind === "locked" ? change.lock.agent : change.agent;
      this.#send({ type: "agent", at: this.#now(), agent, change: change.kind });
    });
  }

  /** Whether one more may listen. */
  get full(): boolean {
    return this.#listeners.size >= mostListeners;
  }

  /** Streams to a response, whose head has been written, until it closes. @param check throws when it must end */
  async listen(response: ServerResponse, check: () => void): Promise<void> {
    const listener = { response, check };
    response.once("close", () => this.#leave(listener));
    const looked = await this.#look();
    response.write(frame(this.#snapshot(looked)));
    if (response.closed) return;
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#tick(), this.#parts.lookMillis ?? usualMillis).unref();
  }

  /** Tells of an approval. */
  approval(approval: string, change: "asked" | "approved" | "refused"): void {
    this.#send({ type: "approval", at: this.#now(), approval, change });
  }

  close(): void {
    this.#stopHearing();
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { response } of this.#listeners) response.end();
  }

  #snapshot({ sessions, silent }: LiveList): LiveEvent {
    const all = sessions.map((session) => sessionOf(session, this.#parts.words));
    return { type: "snapshot", at: this.#now(), mode: this.#parts.mode(), sessions: all, silent };
  }

  /** Looks once, and tells those who listen already what changed. */
  async #look(): Promise<LiveList> {
    const looked = await this.#parts.live.list();
    const { sessions, silent } = looked;
    const told = new Map<string, string>();
    const decidedAt = new Map<string, number>();
    const changed: string[] = [];
    for (const live of sessions) {
      const text = JSON.stringify(sessionOf(live, this.#parts.words));
      told.set(live.id, text);
      if (this.#told.get(live.id) !== text) changed.push(text);
      this.#decided(live, decidedAt);
    }
    const ended = [...this.#told.keys()].filter((id) => !told.has(id));
    this.#told = told;
    this.#decidedAt = decidedAt;
    const at = this.#now();
    const standing = `${this.#parts.mode()} ${silent}`;
    const otherwise = standing !== this.#standing;
    this.#standing = standing;
    if (otherwise) this.#send(this.#snapshot(looked));
    else if (changed.length === 0 && ended.length === 0) this.#send({ type: "tick", at });
    else {
      // Put together from what was made for the comparison: at 2,000 sessions that halves the work.
      const data = `{"type":"changes","at":${at},"sessions":[${changed.join(",")}],"ended":${JSON.stringify(ended)}}`;
      this.#write(`event: changes\ndata: ${data}\n\n`);
    }
    return looked;
  }

  #decided({ id, agent, decided }: LiveSummary, decidedAt: Map<string, number>): void {
    if (decided === null) return;
    // Monotonic time is told as wall time, anew at each look: a millisecond's difference is the same decision.
    const before = this.#decidedAt.get(id);
    decidedAt.set(id, decided.at);
    if (before !== undefined && Math.abs(before - decided.at) <= 1000) return;
    if (before === undefined && !this.#told.has(id)) return;
    const decision = decisionOf(decided, this.#parts.words);
    this.#send({ type: "decision", at: this.#now(), session: id, agent, decision });
  }

  /** Never rejects. */
  async #tick(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      for (const listener of this.#listeners) this.#admit(listener);
      await this.#look();
    } catch (error) {
      this.#parts.log.error({ cause: String(error) }, "the live sessions could not be looked at");
    } finally {
      this.#looking = false;
    }
  }

  /** Lets go who has signed out, lost the role, or does not read. */
  #admit(listener: Listener): void {
    try {
      listener.check();
      if (listener.response.writableLength > mostUnread) listener.response.destroy();
    } catch {
      listener.response.end(frame({ type: "signed-out", at: this.#now() }));
      this.#leave(listener);
    }
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #send(event: LiveEvent): void {
    if (this.#listeners.size > 0) this.#write(frame(event));
  }

  #write(text: string): void {
    for (const { response } of this.#listeners) response.write(text);
  }

  #now(): number {
    return Math.floor(this.#parts.clock.wall());
  }
}
