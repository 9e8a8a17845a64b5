/** The store's tables, and the steps by which an older file becomes the newest. */
import type { DatabaseSync } from "node:sqlite";
import { moveDecisions } from "./audit-migration.ts";

export interface Tables {
  /** Key and value of the installation: `installation`, and `probe` that a healthy disk takes. */
  meta: { key: string; value: string };
  /** `data_key` is the agent's own key, wrapped by the ring's key `key_id`. */
  agents: {
    id: string;
    name: string;
    created_at: number;
    key_id: string;
    data_key: Uint8Array;
  };
  /** A version is immutable; its columns are bound to `body` by the cipher's authentication. */
  profiles: {
    agent: string;
    version: number;
    saved_at: number;
    keystrokes: number;
    actions: number;
    days: number;
    body: Uint8Array;
  };
  /** `until` null: until an operator unlocks. By name, so that a lock needs no enrolment. */
  locks: { agent: string; since: number; until: number | null; reason: string };
  spent_tokens: { jti: string; expires: number };
  sessions: {
    id: string;
    agent: string;
    connection: string;
    started_at: number;
    ended_at: number | null;
    verdict: string;
    would_be: string;
    /** JSON of the outcome; null while the session lives. */
    outcome: string | null;
  };
  /** The audit chain: see `audit-entry.ts`. `detail` is JSON. */
  audit: {
    seq: number;
    at: number;
    actor: string;
    action: string;
    session: string | null;
    agent: string | null;
    why: string;
    detail: string;
    previous: string;
    hash: string;
  };
  /** Signed statements on the chain. */
  audit_marks: { kind: string; seq: number; hash: string; at: number; key_id: string; signature: string };
  /** The secret of an agent's one-time codes, sealed with the data key; `used_step`: the newest time step that was spent. */
  code_secrets: { agent: string; created_at: number; used_step: number; secret: Uint8Array };
  /** Public keys of agents' passkeys. */
  agent_passkeys: {
    id: string;
    agent: string;
    public_key: Uint8Array;
    counter: number;
    created_at: number;
    used_at: number | null;
  };
  /** That an agent consented, after which notice. */
  consents: { agent: string; at: number; notice: string };
  /** Links by which agents add a passkey, by the SHA-256 of their secret. */
  agent_links: { hash: string; agent: string; expires: number };
  /** Keyed digests of phrases that an agent was asked to type. */
  used_phrases: { agent: string; digest: Uint8Array };
  /** How an agent's challenges went. */
  challenges: { agent: string; at: number; outcome: string };
  /** Roles are JSON. */
  operators: { name: string; roles: string; created_at: number; seen_at: number | null };
  /** Public keys of operators' passkeys. */
  passkeys: {
    id: string;
    operator: string;
    name: string;
    public_key: Uint8Array;
    counter: number;
    transports: string;
    created_at: number;
    used_at: number | null;
  };
  /** One-time links, by the SHA-256 of their secret. */
  operator_links: { hash: string; operator: string; expires: number };
  sign_ins: {
    hash: string;
    operator: string;
    by: string;
    csrf: string;
    expires: number;
    used_at: number;
    roles: string | null;
  };
  api_tokens: {
    id: string;
    hash: string;
    name: string;
    roles: string;
    created_by: string;
    created_at: number;
    expires: number | null;
    used_at: number | null;
  };
  /** Windows of evidence: `gateway/policy/score-tape.ts`. `at`: of the first in `body`. */
  scores: { session: string; seq: number; agent: string; at: number; maturity: string; body: Uint8Array };
  /** What waits for a second operator. */
  approvals: {
    id: string;
    what: string;
    target: string;
    payload: string;
    by: string;
    reason: string;
    asked_at: number;
    expires: number;
  };
}

/** Marks the file as ours (`PRAGMA application_id`): "Smhd". */
export const applicationId = 0x536d6864;

/** Statements, or what they cannot say. */
export type Migration = string | ((db: DatabaseSync) => void);

/**
 * Step n brings a file of version n (`PRAGMA user_version`) to n + 1. A published step is never changed;
 * all steps that a file needs run in one transaction.
 */
export const migrations: readonly Migration[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    data_key BLOB NOT NULL
  ) STRICT;
  CREATE TABLE profiles (
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    keystrokes INTEGER NOT NULL,
    actions INTEGER NOT NULL,
    days INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (agent, version)
  ) STRICT;
  CREATE TABLE locks (
    agent TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    until INTEGER,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE TABLE spent_tokens (jti TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX spent_tokens_expires ON spent_tokens (expires);
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    connection TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    verdict TEXT NOT NULL,
    would_be TEXT NOT NULL,
    outcome TEXT
  ) STRICT;
  CREATE INDEX sessions_started_at ON sessions (started_at);
  CREATE INDEX sessions_agent ON sessions (agent);
  `,
  `
  CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    session TEXT NOT NULL,
    agent TEXT NOT NULL,
    mode TEXT NOT NULL,
    verdict TEXT NOT NULL,
    would_be TEXT NOT NULL,
    trust REAL NOT NULL,
    rule TEXT NOT NULL,
    reasons TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
  BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
  CREATE TRIGGER decisions_are_not_deleted BEFORE DELETE ON decisions
  BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
  `,
  `
  CREATE TABLE code_secrets (
    agent TEXT PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    used_step INTEGER NOT NULL,
    secret BLOB NOT NULL
  ) STRICT;
  CREATE TABLE used_phrases (
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    PRIMARY KEY (agent, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE challenges (
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL
  ) STRICT;
  CREATE INDEX challenges_agent ON challenges (agent, at);
  `,
  `
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    session TEXT,
    agent TEXT,
    why TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_session ON audit (session) WHERE session IS NOT NULL;
  CREATE INDEX audit_agent ON audit (agent) WHERE agent IS NOT NULL;
  CREATE TABLE audit_marks (
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (kind, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
  CREATE TRIGGER audit_is_truncated_by_a_mark BEFORE DELETE ON audit
  WHEN OLD.seq > (SELECT coalesce(max(seq), 0) FROM audit_marks WHERE kind = 'truncation')
  BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
  `,
  moveDecisions,
  `
  CREATE TABLE operators (
    name TEXT PRIMARY KEY,
    roles TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE passkeys (
    id TEXT PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operators (name) ON DELETE CASCADE,
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    transports TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX passkeys_operator ON passkeys (operator);
  CREATE TABLE operator_links (
    hash TEXT PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operators (name) ON DELETE CASCADE,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sign_ins (
    hash TEXT PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operators (name) ON DELETE CASCADE,
    by TEXT NOT NULL,
    csrf TEXT NOT NULL,
    expires INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    roles TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires INTEGER,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE approvals (
    id TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    target TEXT NOT NULL,
    payload TEXT NOT NULL,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE scores (
    session TEXT NOT NULL,
    seq INTEGER NOT NULL,
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    maturity TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX scores_at ON scores (at);
  CREATE INDEX scores_agent ON scores (agent);
  `,
  `
  CREATE TABLE agent_passkeys (
    id TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    public_key BLOB NOT NULL,
    counter INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX agent_passkeys_agent ON agent_passkeys (agent);
  CREATE TABLE agent_links (
    hash TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE consents (
    agent TEXT PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    notice TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
];
