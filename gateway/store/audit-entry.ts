/**
 * What the audit chain is made of, as pure functions: an entry, the mark that signs how far the chain goes, and the
 * hashes of both. The store, the export and the offline check use the same ones.
 */
import { createHash } from "node:crypto";
import type { EpochMillis, SessionId } from "../core/units.ts";
import type { AgentId } from "./store.ts";

/** Who did it: the gateway by itself, an operator signed in to the API, or whoever ran the command line. */
export type Actor = "gateway" | `operator:${string}` | `command-line:${string}`;

type Plain = string | number | boolean | null;
/** On what grounds: content-free facts, never what was typed. */
export type Detail = Readonly<Record<string, Plain | readonly Plain[]>>;

export interface AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: EpochMillis;
  readonly actor: Actor;
  /** What was done: `verdict.sever`, `agent.unlocked`, `audit.truncated` and the like. */
  readonly action: string;
  readonly session: SessionId | null;
  /** A random id; who it is only the store knows, until the agent is forgotten. */
  readonly agent: AgentId | null;
  /** Why, in words. */
  readonly why: string;
  readonly detail: Detail;
  /** The hash of the entry before. */
  readonly previous: string;
  /** SHA-256, hexadecimal, of all the fields above. */
  readonly hash: string;
}

/** A `checkpoint` says that the chain holds `hash` at `seq`; a `truncation` that what came up to there was removed. */
export type MarkKind = "checkpoint" | "truncation";

export interface AuditMark {
  readonly kind: MarkKind;
  readonly installation: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: EpochMillis;
  /** Id of the key that signed. */
  readonly key: string;
  /** Ed25519 over `markText`, base64url. */
  readonly signature: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** What the first entry follows: a chain belongs to its installation. */
export const originOf = (installation: string): string => sha256(installation);

export function hashOf(entry: Omit<AuditEntry, "hash">): string {
  const { seq, at, actor, action, session, agent, why, detail, previous } = entry;
  return sha256(JSON.stringify([seq, at, actor, action, session, agent, why, detail, previous]));
}

/** The text that a mark's signature covers. */
export function markText(mark: Omit<AuditMark, "key" | "signature">): string {
  const { kind, installation, seq, hash, at } = mark;
  return JSON.stringify(["samehand-audit-mark/1", kind, installation, seq, hash, at]);
}
