/** The form of what answers a route: the table of routes gives the types. */
import { setImmediate } from "node:timers/promises";
import type { Answer, Given, RouteName } from "./contract/routes.ts";
import type { Caller } from "./caller.ts";

/** What a handler gets: the request, checked against its schemas, and who asks; nobody where anybody may. */
export interface Asked<R extends RouteName> extends Given<R> {
  readonly caller: Caller;
  /** The caller's address: for sign-in's log line. */
  readonly address: string;
  /** Sets or clears the cookie of a sign-in. @param seconds how long it lasts; 0 clears it */
  readonly setCookie: (secret: string, seconds: number) => void;
  /** Who a fresh sign-in's secret makes of the caller. */
  readonly become: (secret: string) => Caller;
}

/** An answer that is too much work for one turn of the event loop: its JSON, piece by piece. */
export class Pieces {
  readonly #pieces: Iterable<string>;

  constructor(pieces: Iterable<string>) {
    this.#pieces = pieces;
  }

  /** Lets live sessions go first between pieces. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const piece of this.#pieces) {
      yield piece;
      await setImmediate();
    }
  }
}

export type Handler<R extends RouteName> = (asked: Asked<R>) => Answer<R> | Pieces | Promise<Answer<R>>;
export type Handlers = { readonly [R in RouteName]: Handler<R> };
