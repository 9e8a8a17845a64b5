/** What the proxy needs to be told: plain values, so that the configuration's form can change without it. */

import type { WebApplicationOptions } from "./webapp/options.ts";

/** A PEM key pair. Read from files by the caller, so that a reload is the caller's choice too. */
export interface TlsPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Several processes share the port; the kernel spreads connections. */
  readonly reusePort?: boolean;
  /** Null for plain HTTP, behind a TLS terminator or on a loopback. */
  readonly tls: TlsPair | null;
  /** Pages that may open a tunnel, as `scheme://host[:port]`. Empty: only pages of this very host. */
  readonly origins: readonly string[];
}

/** A guacd. Sessions are spread over the list in turn; one that cannot be reached is passed over. */
export interface GuacdOptions {
  readonly host: string;
  readonly port: number;
  /** Null for plain TCP. `ca`: PEM to trust instead of the system's list; `servername`: the name in its certificate. */
  readonly tls: { readonly ca?: string | Buffer; readonly servername?: string } | null;
}

/** A page served from memory. */
export interface Page {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Answers a GET with JSON. @param authorization that header; empty where none came @throws SamehandError */
export type Answer = (authorization: string) => Promise<object>;

/** Answers a POST of JSON with JSON. @param body as it was parsed, of any form @throws SamehandError */
export type Post = (body: unknown) => Promise<object>;

export interface Limits {
  /** Live sessions in this process. */
  readonly sessions: number;
  /** Open TCP connections in this process, and from one address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Tunnels that one address may ask for in a second, and how many at once: each costs the opening of a token. */
  readonly upgradesPerSecond: number;
  readonly upgradeBurst: number;
  /** Instructions a second from one viewer, and how many may come at once. */
  readonly instructionsPerSecond: number;
  readonly instructionBurst: number;
  /** Bytes a second from one viewer, and how many may come at once. */
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
  /** Largest WebSocket message from a viewer, in bytes. */
  readonly frameBytes: number;
  /** Bytes that may wait for a guacd that does not read. */
  readonly bufferedBytes: number;
  /** Resident memory of this process above which new sessions are refused; live ones go on. */
  readonly memoryBytes: number;
}

/** All in seconds. */
export interface Timeouts {
  /** For a request's headers, and for the whole request. */
  readonly headers: number;
  readonly request: number;
  /** To reach guacd, and for its whole handshake (which waits for the desktop). */
  readonly connect: number;
  readonly handshake: number;
  /** A viewer that sends no instruction for so long is gone. The stock client sends one every 5 s. */
  readonly viewerSilence: number;
  /** A viewer that takes no byte of what waits for it for so long is gone. */
  readonly viewerStall: number;
}

/** What a held session shows over the desktop. */
export interface Notice {
  readonly organisation: string;
  readonly title: string;
  readonly text: string;
}

export interface ProxyOptions {
  /** Whether anybody may be refused or held: not in report mode. */
  readonly enforcing: boolean;
  /** The web application to stand in front of; null for none. Whether there is one, where and its path stay as they were. */
  readonly webapp: WebApplicationOptions | null;
  readonly listen: ListenOptions;
  readonly guacd: readonly GuacdOptions[];
  /** By path, such as `/`. Anything else but the tunnel is `path-unknown`. */
  readonly pages: ReadonlyMap<string, Page>;
  /** By path, beside the pages. */
  readonly answers?: ReadonlyMap<string, Answer>;
  readonly posts?: ReadonlyMap<string, Post>;
  readonly limits: Limits;
  readonly timeouts: Timeouts;
  readonly notice: Notice;
}

/** For a process on one core. The rates are above what a file sent over a fast network needs. */
export const defaultLimits: Limits = {
  sessions: 10_000,
  connections: 12_000,
  connectionsPerAddress: 1000,
  upgradesPerSecond: 1000,
  upgradeBurst: 10_000,
  instructionsPerSecond: 5000,
  instructionBurst: 20_000,
  bytesPerSecond: 32 * 1024 * 1024,
  byteBurst: 64 * 1024 * 1024,
  frameBytes: 64 * 1024,
  bufferedBytes: 1024 * 1024,
  memoryBytes: Number.POSITIVE_INFINITY,
};

export const defaultTimeouts: Timeouts = {
  headers: 10,
  request: 15,
  connect: 5,
  handshake: 30,
  viewerSilence: 15,
  viewerStall: 30,
};

export const defaultNotice: Notice = {
  organisation: "",
  title: "Session paused",
  text: "The way this session is being driven has changed. Input is held until the session is cleared by your security team.",
};
