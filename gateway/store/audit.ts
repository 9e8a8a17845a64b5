/**
 * The audit chain in the store: one entry a verdict and one an act of a person, each with the SHA-256 of itself and
 * the entry before. Signed marks say how far the chain went, so that neither its end nor its beginning can be cut off
 * unseen; what is removed for its age leaves a signed mark in its place.
 */
import type { Clock } from "../core/clock.ts";
import { type AgentName, type EpochMillis, type SessionId, agentName, epochMillis } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import { type Actor, type AuditEntry, type AuditMark, type Detail, hashOf, markText, originOf } from "./audit-entry.ts";
import type { MarkKind } from "./audit-entry.ts";
import { type AuditSigner, AuditVerifier } from "./audit-key.ts";
import { type Database, sql } from "./database.ts";
import type { Tables } from "./schema.ts";
import type { AgentId, AuditRow } from "./store.ts";

/** What a person, or the gateway by itself, did. */
export interface AuditAct {
  readonly actor: Actor;
  /** Lower case, `thing.done`. */
  readonly action: string;
  readonly session?: SessionId;
  readonly agent?: AgentName;
  /** Why, in the actor's words. */
  readonly why: string;
  readonly detail?: Detail;
}

export interface AuditTrail {
  /** Id and PEM of the public key that the marks are signed with. */
  readonly signer: Pick<AuditSigner, "id" | "publicKey" | "publicKeys" | "sign">;
  /** Appends an act. Never throws; retried in order. */
  note(act: AuditAct): void;
  /** Oldest first, `seq` above `after`. */
  entries(after: number, most: number): AuditEntry[];
  /** Newest first. */
  newest(most: number): AuditEntry[];
  /** Of one session, oldest first. */
  ofSession(session: SessionId): AuditEntry[];
  /** Entries about an agent, oldest first, `seq` above `after`. @throws SamehandError `store-unavailable` */
  ofAgent(agent: AgentId, after: number, most: number): AuditEntry[];
  /** Marks at or after `seq`, oldest first; with them the last truncation. */
  marks(seq: number): AuditMark[];
  /** Signs the chain as it stands; the newest mark where nothing came since. @throws SamehandError `store-unavailable` */
  checkpoint(): AuditMark | null;
  /**
   * Removes entries older than `before` from the chain's start, leaving a signed mark and an entry that says so.
   * @returns the number removed @throws SamehandError `store-unavailable`
   */
  truncate(before: EpochMillis, actor: Actor, why: string): number;
  /** Walks the chain that is there, and the signatures of known keys. @returns the number of entries, and the first that breaks it */
  verify(): { readonly rows: number; readonly brokenAt: number | null };
  /** Keys of marks that are neither the signer's nor an earlier one's beside it: nothing is known of such a mark. */
  unknownKeys(): string[];
}

type EntryRow = Tables["audit"];

/** A mark is made at least each so many entries. */
const markEvery = 256;

/** What a writer outside of a transaction needs: tries at once, then again. */
export type WriteLater = (run: () => void) => void;

export class Audit implements AuditTrail {
  readonly signer: AuditSigner;
  readonly #db: Database;
  readonly #installation: string;
  readonly #clock: Clock;
  readonly #later: WriteLater;
  readonly #idOf: (agent: AgentName) => AgentId | null;

  constructor(options: {
    readonly db: Database;
    readonly installation: string;
    readonly clock: Clock;
    readonly signer: AuditSigner;
    readonly later: WriteLater;
    readonly idOf: (agent: AgentName) => AgentId | null;
  }) {
    this.#db = options.db;
    this.#installation = options.installation;
    this.#clock = options.clock;
    this.signer = options.signer;
    this.#later = options.later;
    this.#idOf = options.idOf;
  }

  /** Within a transaction. */
  decided(at: EpochMillis, session: SessionId, agent: AgentId, decision: Decision): void {
    const { mode, verdict, wouldBe, trust, rule, reasons, keystrokes, actions } = decision;
    this.#append({
      at,
      actor: "gateway",
      action: `verdict.${verdict}`,
      session,
      agent,
      why: `rule ${rule}`,
      detail: {
        mode,
        verdict,
        wouldBe,
        trust,
        rule,
        reasons: reasons.map(({ code, text }) => `${code}: ${text}`),
        keystrokes,
        actions,
      },
    });
  }

  note(act: AuditAct): void {
    const at = this.#clock.wall();
    // Known now: the act may be that the agent is forgotten.
    const known = act.agent === undefined ? null : this.#idOf(act.agent);
    this.#later(() => this.#db.transaction(() => this.noteWithin(act, at, known)));
  }

  /** As `note`, within a transaction. */
  noteWithin(act: AuditAct, at: EpochMillis, agent: AgentId | null): void {
    const { actor, action, session = null, why, detail = {} } = act;
    this.#append({ at, actor, action, session, agent, why, detail });
  }

  #append(draft: Omit<AuditEntry, "seq" | "previous" | "hash">): void {
    const last = this.#last();
    const entry = { ...draft, seq: last.seq + 1, previous: last.hash };
    const { detail, ...columns } = entry;
    this.#db.run(sql.insertInto("audit").values({ ...columns, detail: JSON.stringify(detail), hash: hashOf(entry) }));
    if (entry.seq % markEvery === 0) this.#mark("checkpoint", this.#last());
  }

  /** The chain's end: its newest entry, or where it was truncated, or its origin. */
  #last(): { seq: number; hash: string } {
    const entry = this.#db.first(sql.selectFrom("audit").select(["seq", "hash"]).orderBy("seq", "desc").limit(1));
    return entry ?? this.#start();
  }

  #start(): { seq: number; hash: string } {
    const { seq, hash } = this.#truncation() ?? { seq: 0, hash: originOf(this.#installation) };
    return { seq, hash };
  }

  #truncation(): AuditMark | null {
    const row = this.#db.first(
      sql.selectFrom("audit_marks").selectAll().where("kind", "=", "truncation").orderBy("seq", "desc").limit(1),
    );
    return row === undefined ? null : this.#markOf(row);
  }

  #mark(kind: MarkKind, end: { seq: number; hash: string }): AuditMark {
    const { seq, hash } = end;
    const said = { kind, installation: this.#installation, seq, hash, at: this.#clock.wall() };
    const { key, signature } = this.signer.sign(markText(said));
    const row = { kind, seq, hash, at: said.at, key_id: key, signature };
    this.#db.run(sql.insertInto("audit_marks").values(row));
    return { ...said, key, signature };
  }

  #markOf(row: Tables["audit_marks"]): AuditMark {
    const { seq, hash, signature } = row;
    const kind = row.kind as MarkKind;
    const at = epochMillis(row.at);
    return { kind, installation: this.#installation, seq, hash, at, key: row.key_id, signature };
  }

  entries(after: number, most: number): AuditEntry[] {
    return this.#db
      .all(sql.selectFrom("audit").selectAll().where("seq", ">", after).orderBy("seq").limit(most))
      .map(entryOf);
  }

  newest(most: number): AuditEntry[] {
    return this.#db.all(sql.selectFrom("audit").selectAll().orderBy("seq", "desc").limit(most)).map(entryOf);
  }

  ofAgent(agent: AgentId, after: number, most: number): AuditEntry[] {
    const of = sql.selectFrom("audit").selectAll().where("agent", "=", agent).where("seq", ">", after);
    return this.#db.all(of.orderBy("seq").limit(most)).map(entryOf);
  }

  ofSession(session: SessionId): AuditEntry[] {
    return this.#db.all(sql.selectFrom("audit").selectAll().where("session", "=", session).orderBy("seq")).map(entryOf);
  }

  marks(seq: number): AuditMark[] {
    const rows = this.#db.all(
      sql.selectFrom("audit_marks").selectAll().where("kind", "=", "checkpoint").where("seq", ">=", seq).orderBy("seq"),
    );
    const truncation = this.#truncation();
    return [...(truncation === null ? [] : [truncation]), ...rows.map((row) => this.#markOf(row))];
  }

  checkpoint(): AuditMark | null {
    return this.#db.transaction(() => {
      const end = this.#last();
      if (end.seq === 0) return null;
      const row = this.#db.first(
        sql.selectFrom("audit_marks").selectAll().where("kind", "=", "checkpoint").where("seq", "=", end.seq),
      );
      return row === undefined ? this.#mark("checkpoint", end) : this.#markOf(row);
    });
  }

  truncate(before: EpochMillis, actor: Actor, why: string): number {
    return this.#db.transaction(() => {
      const first = sql.selectFrom("audit").select("seq").where("at", ">=", before).orderBy("seq").limit(1);
      const kept = this.#db.first(first)?.seq ?? this.#last().seq + 1;
      const end = this.#db.first(
        sql
          .selectFrom("audit")
          .select(["seq", "hash"])
          .where("seq", "=", kept - 1),
      );
      if (end === undefined) return 0;
      this.#mark("truncation", end);
      // The newest mark is the proof of the chain's end: it stays.
      this.#db.run(sql.deleteFrom("audit_marks").where("kind", "=", "checkpoint").where("seq", "<=", end.seq));
      const removed = this.#db.run(sql.deleteFrom("audit").where("seq", "<=", end.seq));
      const act = { actor, action: "audit.truncated", why, detail: { removed, upTo: end.seq } };
      this.noteWithin(act, this.#clock.wall(), null);
      return removed;
    });
  }

  /** The newest verdicts as rows for people, newest first. */
  decisions(most: number): AuditRow[] {
    return this.#db
      .all(
        sql
          .selectFrom("audit")
          .leftJoin("agents", "agents.id", "audit.agent")
          .selectAll("audit")
          .select("agents.name")
          .where("action", "like", "verdict.%")
          .orderBy("seq", "desc")
          .limit(most),
      )
      .map(auditRow);
  }

  unknownKeys(): string[] {
    const keys = this.#keys();
    const unknown = this.marks(0).filter(({ key }) => !keys.knows(key));
    return [...new Set(unknown.map(({ key }) => key))];
  }

  #keys(): AuditVerifier {
    return new AuditVerifier(this.signer.publicKeys, "the store's own");
  }

  verify(): { rows: number; brokenAt: number | null } {
    let { seq, hash } = this.#start();
    const keys = this.#keys();
    const marks = new Map(this.marks(0).map((mark) => [mark.seq, mark]));
    let rows = 0;
    for (const mark of marks.values())
      if (keys.knows(mark.key) && !keys.holds(markText(mark), mark)) return { rows, brokenAt: mark.seq };
    for (;;) {
      const page = this.entries(seq, 1000);
      if (page.length === 0) break;
      for (const entry of page) {
        const marked = marks.get(entry.seq)?.hash ?? entry.hash;
        if (entry.seq !== seq + 1 || entry.previous !== hash || entry.hash !== hashOf(entry) || marked !== entry.hash)
          return { rows, brokenAt: seq + 1 };
        ({ seq, hash } = entry);
        rows++;
      }
    }
    const cut = [...marks.keys()].some((marked) => marked > seq);
    return { rows, brokenAt: cut ? seq + 1 : null };
  }
}

function entryOf(row: EntryRow): AuditEntry {
  return {
    seq: row.seq,
    at: epochMillis(row.at),
    actor: row.actor as Actor,
    action: row.action,
    session: row.session as SessionId | null,
    agent: row.agent as AgentId | null,
    why: row.why,
    detail: JSON.parse(row.detail) as Detail,
    previous: row.previous,
    hash: row.hash,
  };
}

function auditRow(row: EntryRow & { name: string | null }): AuditRow {
  const entry = entryOf(row);
  const { mode, verdict, wouldBe, trust, rule, reasons } = entry.detail;
  return {
    seq: entry.seq,
    at: entry.at,
    session: entry.session as SessionId,
    agent: entry.agent as AgentId,
    name: row.name === null ? null : agentName(row.name),
    mode: String(mode),
    verdict: verdict as Verdict,
    wouldBe: wouldBe as Verdict,
    trust: Number(trust),
    rule: String(rule),
    reasons: reasons as readonly string[],
    previous: entry.previous,
    hash: entry.hash,
  };
}
