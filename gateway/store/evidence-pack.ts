/**
 * The evidence on one session: what was decided, when, by which rule, on what grounds and what people did about it;
 * signed, and without anything that was typed. One JSON text, and a page for people that carries it with it. The page is
 * signed as a whole too, so that it can still be checked when a later version would write it otherwise.
 */
import { SamehandError } from "../core/errors.ts";
import type { EpochMillis } from "../core/units.ts";
import { type AuditEntry, type AuditMark, hashOf, markText } from "./audit-entry.ts";
import type { AuditVerifier } from "./audit-key.ts";
import { evidencePage } from "./evidence-page.ts";
import type { SessionRecord, Store } from "./store.ts";

export interface EvidencePack {
  readonly type: "samehand-evidence";
  readonly version: 1;
  readonly installation: string;
  readonly at: EpochMillis;
  readonly session: SessionRecord;
  /** What the audit chain holds of the session, oldest first. */
  readonly entries: readonly AuditEntry[];
  /** The signed state of the whole chain when the pack was made. */
  readonly checkpoint: AuditMark;
}

export interface Evidence {
  /** The pack and its signature, as one line of JSON. */
  readonly json: string;
  readonly html: string;
}

const packText = (pack: string): string => JSON.stringify(["samehand-evidence/1", pack]);
const pageText = (page: string): string => JSON.stringify(["samehand-evidence-page/1", page]);
/** A page's last line is the signature over all before it. */
const signedPage = /^([^]*)<!-- ([0-9a-f]{16}) ([\w-]{86}) -->\n$/;

/** @throws SamehandError `audit-broken` where the chain does not hold, `record-unknown` for a session that is not known */
export function evidenceOf(store: Store, session: SessionRecord["id"], at: EpochMillis): Evidence {
  const record = store.session(session);
  if (record === null) throw new SamehandError("record-unknown", `no session ${session} is kept`);
  const { brokenAt } = store.audit.verify();
  // Before the mark, which then covers them all, whoever writes meanwhile.
  const entries = store.audit.ofSession(session);
  const checkpoint = store.audit.checkpoint();
  if (brokenAt !== null) throw new SamehandError("audit-broken", `at entry ${brokenAt}`);
  if (checkpoint === null) throw new SamehandError("record-unknown", "nothing was decided or done yet");
  const { installation } = store;
  const pack: EvidencePack = {
    type: "samehand-evidence",
    version: 1,
    installation,
    at,
    session: record,
    entries,
    checkpoint,
  };
  const { key, signature } = store.audit.signer.sign(packText(JSON.stringify(pack)));
  const json = JSON.stringify({ pack, key, signature });
  const page = evidencePage(pack, json);
  const seal = store.audit.signer.sign(pageText(page));
  return { json: `${json}\n`, html: `${page}<!-- ${seal.key} ${seal.signature} -->\n` };
}

/**
 * Checks a pack, of which form it is.
 * @throws SamehandError `audit-broken`
 */
export function verifyEvidence(text: string, keys: AuditVerifier): EvidencePack {
  const json = text.startsWith("<") ? packWithin(text, keys) : text.replace(/\n$/, "");
  const { pack, key, signature } = parse(json);
  if (!keys.holds(packText(JSON.stringify(pack)), { key, signature }))
    throw new SamehandError("audit-broken", "the pack was changed, or not signed with a key that is known here");
  if (!keys.holds(markText(pack.checkpoint), pack.checkpoint))
    throw new SamehandError("audit-broken", "the checkpoint in the pack does not hold");
  for (const entry of pack.entries)
    if (entry.hash !== hashOf(entry)) throw new SamehandError("audit-broken", `entry ${entry.seq} was changed`);
  if (!text.startsWith("<") && text !== `${json}\n`) throw new SamehandError("audit-broken", "the file is cut off");
  return pack;
}

/** What a page carries, once its own signature holds. */
function packWithin(text: string, keys: AuditVerifier): string {
  const [, page = "", key = "", signature = ""] = signedPage.exec(text) ?? [];
  if (!keys.holds(pageText(page), { key, signature }))
    throw new SamehandError("audit-broken", "the page was changed, or not signed with a key that is known here");
  const carried = /<script type="application\/json" id="evidence">(.*)<\/script>/.exec(page)?.[1] ?? "";
  return carried.replaceAll("\\u003c", "<");
}

function parse(json: string): { pack: EvidencePack; key: string; signature: string } {
  try {
    const value = JSON.parse(json) as { pack: EvidencePack; key: string; signature: string };
    if (value.pack.type === "samehand-evidence" && JSON.stringify(value) === json) return value;
  } catch {
    // Falls through: whatever is not a pack is told in the same words.
  }
  throw new SamehandError("audit-broken", "this is no evidence pack, or it was changed");
}
