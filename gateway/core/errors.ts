/**
 * The one error catalogue: each error says what happened and what to do, and carries its HTTP status,
 * WebSocket close code and Guacamole status together. Codes are stable: metrics count by them.
 *
 * Guacamole statuses and which of them make the stock client reconnect by itself: the Guacamole protocol
 * reference, and measured on the stock web UI (0x0201, 0x0205, 0x0209, 0x020A, 0x020B, 0x0303 and 0x031D do not).
 */

/** What a peer is told in each protocol. */
export interface Entry {
  /** What happened: lower case, no full stop, no secrets. */
  readonly message: string;
  /** What the reader can do about it. */
  readonly action: string;
  readonly http: number;
  /** WebSocket close code; the close reason is the Guacamole status in decimal. */
  readonly close: number;
  /** Guacamole status code. */
  readonly guacamole: number;
}

const entry = (message: string, action: string, http: number, close: number, guacamole: number): Entry => ({
  message,
  action,
  http,
  close,
  guacamole,
});

export const catalogue = {
  // who may come in
  "token-missing": entry("no token in the request", "open the desktop from its link again", 401, 1008, 0x0303),
  "token-invalid": entry("the token cannot be read or was changed", "ask for a new link", 403, 1008, 0x0303),
  "token-expired": entry("the token has expired", "ask for a new link", 403, 1008, 0x0303),
  "token-replayed": entry("the token was used before", "ask for a new link; each opens one session", 403, 1008, 0x0303),
  "token-elsewhere": entry(
    "the login was made from another address",
    "sign in again from here, or set `webapp.bindAddress` to false",
    403,
    1008,
    0x0303,
  ),
  "http-tunnel-refused": entry(
    "this desktop needs websockets, which something between you and it does not let pass",
    "let websockets pass, or set `webapp.httpTunnel` to degrade",
    403,
    1008,
    0x0303,
  ),
  "token-format-refused": entry(
    "this kind of token is not accepted here",
    "accept it in `tokens.formats`, or issue a samehand token",
    403,
    1008,
    0x0303,
  ),
  "connection-unknown": entry(
    "the token names a connection that is not configured",
    "name it under `connections`",
    403,
    1008,
    0x0303,
  ),
  "agent-locked": entry(
    "the agent is locked",
    "wait for the lock to end, or ask an operator to unlock",
    403,
    1008,
    0x0303,
  ),
  "agent-unknown": entry(
    "the agent is not enrolled and the policy denies strangers",
    "enrol the agent, or allow enrolling in the policy",
    403,
    1008,
    0x0303,
  ),
  // what ends a session
  "session-severed": entry(
    "the session was ended because its input no longer matches the enrolled agent",
    "talk to the security team",
    403,
    1008,
    0x020b,
  ),
  "session-ended-by-operator": entry("an operator ended the session", "talk to the security team", 403, 1008, 0x020b),
  "quarantine-expired": entry(
    "the quarantine ended without the agent being recognised",
    "talk to the security team",
    403,
    1008,
    0x020b,
  ),
  "session-held": entry(
    "the session is held: its files do not move",
    "pass the challenge on the desktop, or wait for an operator",
    403,
    1008,
    0x0303,
  ),
  "session-idle": entry(
    "nobody was at the session for too long",
    "sign in again where you opened the desktop",
    403,
    1008,
    0x020a,
  ),
  "picture-lost": entry(
    "the hold is over, but the desktop's picture could not be brought back",
    "connect again",
    502,
    1011,
    0x0203,
  ),
  "challenge-failed": entry(
    "the challenge was not passed: it could not be confirmed that the agent is there",
    "talk to the security team",
    403,
    1008,
    0x020b,
  ),
  "gateway-draining": entry("the gateway is shutting down", "connect again in a minute", 503, 1001, 0x0201),
  "verification-failed": entry(
    "verification failed inside the gateway",
    "report this; the log names the fault",
    500,
    1011,
    0x0200,
  ),
  // what a peer sends
  "instruction-malformed": entry(
    "the instruction cannot be parsed",
    "use a client that speaks the guacamole protocol",
    400,
    1008,
    0x0300,
  ),
  "instruction-refused": entry(
    "the instruction is not allowed from a client, or its arguments are not",
    "use a client that speaks the guacamole protocol",
    400,
    1008,
    0x0300,
  ),
  "instruction-too-large": entry(
    "the instruction is longer than the limit",
    "send shorter instructions",
    413,
    1009,
    0x030d,
  ),
  "frame-malformed": entry(
    "the websocket frame breaks its protocol",
    "use a conforming websocket client",
    400,
    1002,
    0x0300,
  ),
  "frame-too-large": entry(
    "the websocket message is larger than the limit",
    "send smaller messages",
    413,
    1009,
    0x030d,
  ),
  "frame-binary": entry(
    "a binary websocket message came where text is spoken",
    "send text messages",
    400,
    1003,
    0x0300,
  ),
  "rate-exceeded": entry(
    "the client sends more instructions or frames than the limit allows",
    "slow down, or raise `limits.instructionsPerSecond`",
    429,
    1008,
    0x031d,
  ),
  "byte-rate-exceeded": entry(
    "the client sends more bytes than the limit allows",
    "slow down, or raise `limits.bytesPerSecond`",
    429,
    1008,
    0x031d,
  ),
  "client-timeout": entry("the client was silent for too long", "check the client's network", 408, 1008, 0x0308),
  "client-stalled": entry("the client stopped reading for too long", "check the client's network", 408, 1008, 0x0308),
  // what the request asks
  "request-malformed": entry(
    "the request is not well formed",
    "check the address and its parameters",
    400,
    1002,
    0x0300,
  ),
  "request-timeout": entry("the request came too slowly", "check the client's network", 408, 1008, 0x0308),
  "path-unknown": entry("nothing is served at this path", "check the address", 404, 1008, 0x0300),
  "method-refused": entry("the method is not allowed here", "use GET", 405, 1008, 0x0300),
  "upgrade-refused": entry(
    "this path does not upgrade to a websocket, or not to this subprotocol",
    "connect to the tunnel with subprotocol guacamole",
    426,
    1002,
    0x0300,
  ),
  "origin-refused": entry("the page's origin is not allowed", "add it to `listen.origins`", 403, 1008, 0x0303),
  "too-many-sessions": entry(
    "the limit of sessions is reached",
    "close a session, or raise `limits`",
    429,
    1013,
    0x031d,
  ),
  "memory-short": entry(
    "the gateway has used the memory that it may",
    "wait, raise `limits.memoryBytes`, or add a gateway",
    503,
    1013,
    0x0201,
  ),
  "too-many-upgrades": entry(
    "one address asks for sessions faster than the limit allows",
    "wait, or raise `limits.upgradesPerSecond`",
    429,
    1013,
    0x031d,
  ),
  "too-many-connections": entry("the limit of connections is reached", "wait, or raise `limits`", 429, 1013, 0x031d),
  // what stands behind
  "upstream-unreachable": entry(
    "guacd, or the web application, cannot be reached",
    "check `guacd` or `webapp.upstreams` in the configuration, and that it runs",
    502,
    1011,
    0x0207,
  ),
  "upstream-timeout": entry(
    "guacd, or the web application, did not answer in time",
    "check its health and load",
    504,
    1011,
    0x0202,
  ),
  "upstream-malformed": entry(
    "guacd sent what cannot be parsed",
    "check guacd's version and what stands between",
    502,
    1011,
    0x0203,
  ),
  "upstream-closed": entry(
    "guacd closed the connection",
    "see guacd's log; the desktop may have ended",
    502,
    1011,
    0x0203,
  ),
  "upstream-refused": entry(
    "guacd refused the connection",
    "see guacd's log; check the connection's settings",
    502,
    1011,
    0x0203,
  ),
  "store-unavailable": entry(
    "the store cannot be read or written",
    "check the store's path, rights and free space",
    503,
    1011,
    0x0200,
  ),
  "store-corrupt": entry(
    "the store's file is damaged",
    "put a backup in its place with `samehand restore`",
    503,
    1011,
    0x0200,
  ),
  "audit-broken": entry(
    "the audit chain or a signature over it does not hold",
    "keep what there is as it is, and compare it with an earlier export or checkpoint",
    500,
    1011,
    0x0200,
  ),
  "neighbour-silent": entry(
    "another process of the gateway does not answer",
    "try again; look at the machine's load and at the log",
    503,
    1011,
    0x0200,
  ),
  "worker-lost": entry("a worker process ended", "look at the lines before it in the log", 503, 1011, 0x0200),
  "profile-unreadable": entry(
    "the profile cannot be decrypted or was changed",
    "check the key file and its key ids",
    503,
    1011,
    0x0200,
  ),
  // what an operator asks over HTTP
  "sign-in-needed": entry("nobody is signed in", "sign in at /console/, or send an API token", 401, 1008, 0x0301),
  "sign-in-refused": entry("the sign-in was not accepted", "try again, or ask for a new link", 401, 1008, 0x0301),
  "role-missing": entry("the operator has not the role that this takes", "ask an admin for it", 403, 1008, 0x0303),
  "request-forged": entry(
    "the request does not come from the console's own page",
    "send the `csrf` of whoami as x-samehand-csrf",
    403,
    1008,
    0x0303,
  ),
  "session-unknown": entry("no such session lives", "look at the list of sessions again", 404, 1008, 0x0204),
  "record-unknown": entry("there is no such record", "look at the list again", 404, 1008, 0x0204),
  "act-refused": entry("this cannot be done as things stand", "see the detail", 409, 1008, 0x0303),
  "draft-invalid": entry("the draft of the policy is not valid", "mend the named rule", 422, 1008, 0x0300),
  "request-too-large": entry("the request is larger than the limit", "send less", 413, 1009, 0x030d),
  "rate-limited": entry("the caller asks too often", "wait a moment", 429, 1013, 0x031d),
  // what an operator writes
  "address-unusable": entry(
    "an address cannot be listened on",
    "stop what has it, or name another in the configuration",
    500,
    1011,
    0x0200,
  ),
  "config-invalid": entry("the configuration is not valid", "mend the named key", 500, 1011, 0x0200),
  "policy-invalid": entry("the policy is not valid", "mend the named rule", 500, 1011, 0x0200),
  "key-invalid": entry("the key cannot be used", "make one with `samehand config --new-key`", 500, 1011, 0x0200),
  "recording-malformed": entry(
    "the recording cannot be read",
    "give a guacamole session recording with input",
    400,
    1008,
    0x0300,
  ),
  "set-malformed": entry(
    "the set of recordings cannot be used",
    "give a folder of the form that `samehand evaluate --help` tells",
    400,
    1008,
    0x0300,
  ),
  "background-unreadable": entry(
    "the background file cannot be read",
    "train it again with `samehand train-background`",
    500,
    1011,
    0x0200,
  ),
  "file-unusable": entry("a file or folder cannot be used", "check its path and its rights", 500, 1011, 0x0200),
  usage: entry("the command line cannot be understood", "see --help", 400, 1008, 0x0300),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof catalogue;

/**
 * An expected failure. `detail` says which file, line, key or field, never a secret and nothing typed.
 */
export class SamehandError extends Error {
  override readonly name = "SamehandError";
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail = "", cause?: unknown) {
    const text: Entry = catalogue[code];
    super(`${text.message}${detail === "" ? "" : `: ${detail}`} (${code}; ${text.action})`, { cause });
    this.code = code;
    this.detail = detail;
  }

  get entry(): Entry {
    return catalogue[this.code];
  }
}

/** The error itself where it is one of ours, else the named fallback with the original as its cause. */
export function asSamehandError(error: unknown, fallback: ErrorCode): SamehandError {
  if (error instanceof SamehandError) return error;
  return new SamehandError(fallback, error instanceof Error ? error.message : "", error);
}
