/** What the gateway is told of the web application that it stands in front of. */
import type { People } from "./account.ts";
import type { Trust } from "./headers.ts";

/** Somebody who came by a share link and has no account: may they look on, type, or neither. */
export type Guests = "deny" | "watch" | "type";

export interface WebApplicationOptions extends Trust, People {
  /** Origins of the same application, such as `http://127.0.0.1:8080`. */
  readonly upstreams: readonly string[];
  /** PEM to trust instead of the system's list, for `https` origins. */
  readonly ca?: string | Buffer;
  /** Where it lives, such as `/guacamole`; empty at the root. */
  readonly path: string;
  /** Until an answer begins, and between two pieces of it; seconds. */
  readonly timeout: number;
  /** Whether input may come by the tunnel over plain HTTP: scored as far as its timing can be, or unseen. */
  readonly httpTunnel: "refuse" | "degrade" | "pass";
  /** Whether requests come to other processes too. */
  readonly shared: boolean;
  readonly guests: Guests;
  /** Whether a login may be used only from the address that signed in. */
  readonly bindAddress: boolean;
}
