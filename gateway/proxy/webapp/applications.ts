/** The web applications behind the gateway: which are well, and how they are asked. */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type OutgoingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { SamehandError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Tally } from "../../core/tally.ts";

export interface ApplicationOptions {
  /** Origins such as `http://127.0.0.1:8080`. */
  readonly upstreams: readonly string[];
  /** PEM to trust instead of the system's list, for `https` origins. */
  readonly ca?: string | Buffer;
  /** Path of the application, such as `/guacamole`; empty at the root. */
  readonly path: string;
  /** For an answer's head, and between two pieces of a body; seconds. */
  readonly timeout: number;
}

export interface Question {
  readonly method: string;
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
}

const healthMillis = 5_000;
/** Nobody is there: nothing was asked yet. */
const absent = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);

export class Applications {
  readonly options: ApplicationOptions;
  readonly #tally: Tally;
  readonly #log: Log;
  readonly #origins: readonly URL[];
  readonly #well: boolean[];
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: 64 });
  readonly #https: HttpsAgent;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: ApplicationOptions, tally: Tally, log: Log) {
    this.options = options;
    this.#tally = tally;
    this.#log = log;
    this.#origins = options.upstreams.map((upstream) => new URL(upstream));
    this.#well = this.#origins.map(() => true);
    this.#https = new HttpsAgent({
      keepAlive: true,
      maxFreeSockets: 64,
      minVersion: "TLSv1.2",
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
  }

  /** How many answer. */
  get well(): number {
    return this.#well.filter(Boolean).length;
  }

  /** Asks each one every few seconds whether it is there. */
  begin(): void {
    this.#timer = setInterval(() => void this.check(), healthMillis).unref();
  }

  /** Asks each one now. Never rejects. */
  async check(): Promise<void> {
    await Promise.all(this.#origins.map((_, n) => this.#check(n)));
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#http.destroy();
    this.#https.destroy();
  }

  /**
   * The one that a stranger from this address is sent to: always the same while it is well, as a login lives in one, and
   * whatever becomes of the others (rendezvous hashing).
   * @throws SamehandError `upstream-unreachable` where none is well
   */
  choose(address: string): number {
    const drawn = (n: number): string =>
      createHash("sha256").update(`${this.#origins[n].origin} ${address}`).digest("hex");
    let [chosen, highest] = [-1, ""];
    for (const n of this.#origins.keys()) {
      if (!this.#well[n]) continue;
      const lot = drawn(n);
      if (lot > highest) [chosen, highest] = [n, lot];
    }
    if (chosen === -1) throw new SamehandError("upstream-unreachable", "no web application answers");
    return chosen;
  }

  /** The origin of one, as a URL. */
  origin(upstream: number): URL {
    return this.#origins[upstream];
  }

  /** Begins a request; the caller hears `response` and `error`, and ends it. */
  ask(upstream: number, { method, url, headers }: Question): ClientRequest {
    const { protocol, hostname, port } = this.#origins[upstream];
    const secure = protocol === "https:";
    const name = hostname.replace(/^\[|\]$/g, "");
    const options = { hostname: name, port, method, path: url, headers, setHost: false };
    // Its own name, not the one that the viewer's Host has; an address is not sent as a name, but verified all the same.
    const asked = secure
      ? httpsRequest({ ...options, agent: this.#https, servername: isIP(name) === 0 ? name : "" })
      : httpRequest({ ...options, agent: this.#http });
    // The next one need not wait for the check to find out.
    asked.on("error", ({ code = "" }: NodeJS.ErrnoException) => void (absent.has(code) && this.#mark(upstream, false)));
    return asked.setTimeout(this.options.timeout * 1000, () => asked.destroy(new SamehandError("upstream-timeout")));
  }

  /** What a WebSocket to one is secured with. */
  get trusted(): { readonly ca?: string | Buffer } {
    return this.options.ca === undefined ? {} : { ca: this.options.ca };
  }

  #check(n: number): Promise<void> {
    const headers = { host: this.#origins[n].host };
    const asked = this.ask(n, { method: "GET", url: `${this.options.path}/`, headers });
    return new Promise((resolve) => {
      const done = (well: boolean): void => {
        this.#mark(n, well);
        resolve();
      };
      asked.on("response", (answer) => {
        answer.resume();
        done((answer.statusCode ?? 500) < 500);
      });
      asked.on("error", () => done(false));
      asked.end();
    });
  }

  #mark(n: number, well: boolean): void {
    if (this.#well[n] === well) return;
    this.#well[n] = well;
    this.#tally.upstreamsLost += well ? -1 : 1;
    this.#log[well ? "info" : "warn"](
      { upstream: this.#origins[n].origin },
      well ? "a web application is back" : "a web application does not answer",
    );
  }
}
