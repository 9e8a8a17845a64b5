/** Who is behind a request to the tunnel: known from the sign-in, or asked of the application; refused otherwise. */
import { text } from "node:stream/consumers";
import { SamehandError } from "../../core/errors.ts";
import type { Ticket } from "../../core/session.ts";
import { agentOf } from "./account.ts";
import type { Applications } from "./applications.ts";
import type { WebApplicationOptions } from "./options.ts";
import { readTokenAnswer, type SignIn, type SignIns, type TokenAnswer } from "./sign-ins.ts";
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
    return {
      agent: agentOf(`${dataSource}/${username}`, this.#options()),
      connection: `${of} ${identifierTypes[type]} ${identifier}`,
      target: { protocol: "guacamole" },
      settings: {},
    };
  }

  /**
   * A login from before this gateway was started: its token is posted as the page does at each navigation, and the answer
   * says whose it is and from where. What the request says of that may be anything.
   */
  async #ask({ token }: ApplicationRequest, address: string): Promise<SignIn | null> {
    const upstream = this.#applications.choose(address);
    const url = `${this.#options().path}/api/tokens`;
    const { host } = this.#applications.origin(upstream);
    const form = new URLSearchParams({ token }).toString();
    const headers = {
      host,
      accept: "application/json",
      // Where failures are counted by address and banned, the gateway's own would be everybody's.
      "x-forwarded-for": address,
      "content-type": "application/x-www-form-urlencoded",
      "content-length": Buffer.byteLength(form),
    };
    const { promise, resolve, reject } = Promise.withResolvers<TokenAnswer | null>();
    const question = this.#applications.ask(upstream, { method: "POST", url, headers });
    question.on("error", (cause) => reject(new SamehandError("upstream-unreachable", "", cause)));
    question.on("response", (answer) => {
      if (answer.statusCode === 200) text(answer).then((body) => resolve(readTokenAnswer(body)), reject);
      else {
        answer.resume();
        resolve(null);
      }
    });
    question.end(form);
    const answer = await promise;
    // Another token is another login, which this request did not show.
    if (answer === null || answer.token !== token) return null;
    const signIn = { dataSource: answer.dataSource, username: answer.username, address, upstream };
    this.#signIns.learn(token, signIn);
    return signIn;
  }
}
