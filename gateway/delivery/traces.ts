/**
 * Traces of sessions, sent to an OpenTelemetry collector as OTLP/HTTP in JSON. Off unless the configuration says where
 * to: then no session tells anything, and nothing is kept. A collector that is away costs spans, never a session.
 */
import { readSecret } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SessionInfo } from "../core/session.ts";
import type { SessionTrace, Traces } from "../core/trace.ts";
import { Refused } from "./carrier.ts";
import { exportRequest, type Sender, type Span, spanText } from "./otlp.ts";
import { post } from "./post.ts";
import { SessionSpans } from "./session-spans.ts";
import { readTrust, type Trust } from "./trust.ts";

/** Between two sends, and after failures at most; ms. */
const pause = 2000;
const longestPause = 60_000;
/** What waits, in spans and in characters: what comes on top is dropped, and counted in the log. */
const mostWaiting = 2048;
const mostWaitingLength = 8 * 1024 * 1024;
/** Of one request; collectors take 4 MiB and more by default. A single span is at most some 60 KB. */
const mostInOne = 512;
const longestRequest = 1024 * 1024;
/** All that waits must be sent in so long when the gateway stops, ms. */
const stopMillis = 5000;

export interface Collector {
  readonly url: string;
  readonly trust: Trust;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
}

/** @throws SamehandError `config-invalid`, `key-invalid` for a file that cannot be used */
export function collectorOf(traces: NonNullable<Config["traces"]>): Collector {
  const { url, service, headers } = traces;
  const secrets = Object.entries(headers).map(([name, value]) => [name, readSecret(value, "traces: headers").trim()]);
  return {
    url,
    trust: readTrust(traces, "traces"),
    headers: { ...Object.fromEntries(secrets), "content-type": "application/json" },
    service,
  };
}

export interface TraceOptions {
  readonly traces: Config["traces"];
  readonly version: string;
  /** The store's installation, and this process's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two sends; ms. */
  readonly pauseMillis?: number;
}

export class TraceSender implements Traces {
  readonly #options: TraceOptions;
  #collector: Collector | null;
  /** As they are sent. */
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #wait: number;
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<unknown> | null = null;
  /** Gives up the request that is under way. */
  readonly #cut = new AbortController();

  /** @throws SamehandError `config-invalid`, `key-invalid` for a file that cannot be used */
  constructor(options: TraceOptions) {
    this.#options = options;
    this.#collector = options.traces === undefined ? null : collectorOf(options.traces);
    this.#wait = this.#pause;
  }

  get #pause(): number {
    return this.#options.pauseMillis ?? pause;
  }

  session(session: SessionInfo): SessionTrace | null {
    if (this.#collector === null) return null;
    return new SessionSpans(session, this.#options.clock, (span) => this.#add(span));
  }

  /**
   * Reads what another collector needs, and changes nothing yet.
   * @returns what takes it over, which cannot fail
   * @throws SamehandError `config-invalid`, `key-invalid` for a file that cannot be used
   */
  prepare(traces: Config["traces"]): () => void {
    const collector = traces === undefined ? null : collectorOf(traces);
    return () => {
      this.#collector = collector;
      this.#wait = this.#pause;
      if (collector !== null) return;
      this.#waiting = [];
      this.#waitingLength = 0;
    };
  }

  /** Sends what waits, as long as the collector takes it and not for long. */
  async stop(): Promise<void> {
    const cut = setTimeout(() => this.#cut.abort(), stopMillis);
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#sending;
    while (this.#waiting.length > 0 && !this.#cut.signal.aborted && (await this.#send()));
    clearTimeout(cut);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #add(span: Span): void {
    if (this.#collector === null) return;
    const text = spanText(span);
    const full = this.#waiting.length >= mostWaiting || this.#waitingLength + text.length > mostWaitingLength;
    if (full) this.#dropped += 1;
    else {
      this.#waiting.push(text);
      this.#waitingLength += text.length;
    }
    this.#later();
  }

  #later(): void {
    if (this.#timer !== null || this.#sending !== null || this.#waiting.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#sending = this.#send().finally(() => {
        this.#sending = null;
        this.#later();
      });
    }, this.#wait).unref();
  }

  /** Sends one request. Never rejects. @returns whether the next may follow at once: this one was taken, or refused for good */
  async #send(): Promise<boolean> {
    const collector = this.#collector;
    if (collector === null) return false;
    const queue = this.#waiting;
    const spans = this.#batch();
    const { url, trust, headers, service } = collector;
    const { version, instance } = this.#options;
    const sender: Sender = { service, version, instance };
    try {
      await post({ url, trust, headers, body: exportRequest(spans, sender) }, { cut: this.#cut.signal });
      this.#wait = this.#pause;
      this.#taken(queue, spans.length);
      return true;
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      const refused = error instanceof Refused;
      if (refused) this.#dropped += spans.length;
      this.#options.log.warn({ told, dropped: this.#dropped }, "traces could not be sent");
      if (refused) this.#taken(queue, spans.length);
      else this.#wait = Math.min(longestPause, this.#wait * 2);
      return refused;
    }
  }

  /** The oldest that fit into one request; at least one. */
  #batch(): string[] {
    let length = 0;
    const end = this.#waiting.findIndex((text, at) => (length += text.length) > longestRequest && at > 0);
    return this.#waiting.slice(0, Math.min(mostInOne, end === -1 ? Infinity : end));
  }

  /** @param queue they were in: what was switched off meanwhile has another */
  #taken(queue: string[], count: number): void {
    if (queue !== this.#waiting) return;
    for (const text of queue.splice(0, count)) this.#waitingLength -= text.length;
  }
}
