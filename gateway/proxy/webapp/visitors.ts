/** Who is behind a request to the tunnel: known from the sign-in, or asked of the application; refused otherwise. */
import { text } from "node:stream/consumers";
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import { agentName } from "../../core/units.ts";
import type { Applications } from "./applications.ts";
import type { WebApplicationOptions } from "./options.ts";
import type { SignIn, SignIns } from "./sign-ins.ts";
import { type ApplicationRequest, identifierTypes } from "./tunnel-request.ts";

/** Somebody who may open a tunnel. */
export interface Visitor {
  readonly ticket: Ticket;
  /** Without an account: by a share link. Nobody can say whose hand it is. */
  readonly guest: boolean;
  readonly upstream: number;
}

export class Visitors {
  readonly #applications: Applications;
  readonly #signIns: SignIns;
  readonly #options: () => WebApplicationOptions;
  readonly #enforcing: () => boolean;

  /** @param enforcing whether anybody may be refused */
  constructor(
    applications: Applications,
    signIns: SignIns,
    options: () => WebApplicationOptions,
    enforcing: () => boolean,
  ) {
    this.#applications = applications;
    this.#signIns = signIns;
    this.#options = options;
    this.#enforcing = enforcing;
  }

  /**
   * @param address where the request comes from
   * @throws SamehandError `token-missing`, `token-invalid`, `token-elsewhere`, `agent-unknown`, `upstream-unreachable`
   */
  async find(asked: ApplicationRequest, address: string): Promise<Visitor> {
    if (asked.token === "") throw new SamehandError("token-missing");
    const signIn = this.#signIns.of(asked.token) ?? (await this.#ask(asked, address));
    if (signIn === null) throw new SamehandError("token-invalid");
    const { bindAddress, guests } = this.#options();
    const enforcing = this.#enforcing();
    if (enforcing && bindAddress && signIn.address !== address) throw new SamehandError("token-elsewhere");
    const guest = signIn.username === "";
    if (enforcing && guest && guests === "deny") throw new SamehandError("agent-unknown", "a guest by a share link");
    return { ticket: this.#ticket(signIn, asked), guest, upstream: signIn.upstream };
  }

  #ticket({ dataSource, username }: SignIn, { type, identifier, dataSource: of }: ApplicationRequest): Ticket {
    const account = `${dataSource}/${username}`;
    return {
      agent: agentName(this.#options().people.get(account) ?? account),
      connection: `${of} ${identifierTypes[type]} ${identifier}`,
      target: { protocol: "guacamole" },
      settings: {},
    };
  }

  /** A login from before this gateway was started: the application knows whose it is. */
  async #ask({ token, dataSource }: ApplicationRequest, address: string): Promise<SignIn | null> {
    const upstream = this.#applications.choose(address);
    const url = `${this.#options().path}/api/session/data/${encodeURIComponent(dataSource)}/self`;
    const { host } = this.#applications.origin(upstream);
    const headers = { "guacamole-token": token, host, accept: "application/json" };
    const { promise, resolve, reject } = Promise.withResolvers<string | null>();
    const question = this.#applications.ask(upstream, { method: "GET", url, headers });
    question.on("error", (cause) => reject(new SamehandError("upstream-unreachable", "", cause)));
    question.on("response", (answer) => {
      if (answer.statusCode === 200) text(answer).then((body) => resolve(nameIn(body)), reject);
      else {
        answer.resume();
        resolve(null);
      }
    });
    question.end();
    const username = await promise;
    if (username === null) return null;
    const signIn = { dataSource, username, address, upstream };
    this.#signIns.learn(token, signIn);
    return signIn;
  }
}

function nameIn(body: string): string | null {
  try {
    const { username } = JSON.parse(body) as { username?: unknown };
    return typeof username === "string" ? username : null;
  } catch {
    return null;
  }
}
