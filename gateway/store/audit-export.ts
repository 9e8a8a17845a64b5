/**
 * The audit chain as a file that stands by itself: JSON lines, each in one exact spelling. First a header, then the
 * signed mark that the first entry follows (where the chain's start was removed, or an export begins later), then the
 * entries with the marks that were signed over them, and at the end a seal: a signature over all bytes before it.
 */
import { createHash } from "node:crypto";
import { SamehandError } from "../core/errors.ts";
import type { EpochMillis } from "../core/units.ts";
import { type AuditEntry, type AuditMark, hashOf, markText, originOf } from "./audit-entry.ts";
import type { AuditVerifier } from "./audit-key.ts";
import type { AuditTrail } from "./audit.ts";

interface Header {
  readonly type: "samehand-audit";
  readonly version: 1;
  readonly installation: string;
  readonly at: EpochMillis;
}

interface Seal {
  readonly type: "seal";
  /** SHA-256, hexadecimal, of all bytes before this line. */
  readonly digest: string;
  readonly key: string;
  readonly signature: string;
}

const sealText = (digest: string): string => JSON.stringify(["samehand-audit-seal/1", digest]);

const page = 1000;

/**
 * Writes the whole chain that is kept, from its start or the truncation to its end now.
 * @param write gets whole lines
 * @returns the number of entries @throws SamehandError `audit-broken` where the chain does not hold: nothing is sealed
 */
export function exportAudit(
  audit: AuditTrail,
  installation: string,
  at: EpochMillis,
  write: (text: string) => void,
): number {
  const { brokenAt } = audit.verify();
  if (brokenAt !== null) throw new SamehandError("audit-broken", `at entry ${brokenAt}`);
  // What is written from here on is not signed yet: the export ends here.
  const end = audit.checkpoint()?.seq ?? 0;
  const digest = createHash("sha256");
  const line = (value: object): void => {
    const text = `${JSON.stringify(value)}\n`;
    digest.update(text);
    write(text);
  };
  line({ type: "samehand-audit", version: 1, installation, at } satisfies Header);
  const marks = audit.marks(0);
  const truncation = marks.find((mark) => mark.kind === "truncation");
  if (truncation !== undefined) line({ type: "mark", ...truncation });
  const bySeq = new Map(marks.filter((mark) => mark.kind === "checkpoint").map((mark) => [mark.seq, mark]));
  let entries = 0;
  for (let after = truncation?.seq ?? 0; ;) {
    const read = audit.entries(after, Math.min(page, end - after));
    if (read.length === 0) break;
    for (const entry of read) {
      line({ type: "entry", ...entry });
      const mark = bySeq.get(entry.seq);
      if (mark !== undefined) line({ type: "mark", ...mark });
      entries++;
      after = entry.seq;
    }
  }
  const whole = digest.digest("hex");
  write(`${JSON.stringify({ type: "seal", digest: whole, ...audit.signer.sign(sealText(whole)) } satisfies Seal)}\n`);
  return entries;
}

export interface Verified {
  readonly installation: string;
  readonly entries: number;
  readonly first: number;
  readonly last: number;
  readonly lastHash: string;
  /** Whether older entries were removed, with a signed mark in their place. */
  readonly truncated: boolean;
}

/**
 * Checks an export by itself.
 * @param earlier a mark noted before: the export must hold the same entry, or have been truncated past it
 * @throws SamehandError `audit-broken` saying at which line and why
 */
export function verifyExport(text: string, keys: AuditVerifier, earlier?: AuditMark): Verified {
  const broken = (line: number, why: string): SamehandError =>
    new SamehandError("audit-broken", `line ${line}: ${why}`);
  if (!text.endsWith("\n")) throw broken(text.split("\n").length, "the file is cut off");
  const lines = text.slice(0, -1).split("\n");
  checkSeal(lines, keys, (why) => broken(lines.length, why));
  const parsed = lines.map((line, index) => parseLine(line, (why) => broken(index + 1, why)));
  const header = parsed[0];
  if (header?.type !== "samehand-audit" || header.version !== 1) throw broken(1, "no header of a known version");
  const { installation } = header;
  if (earlier !== undefined && earlier.installation !== installation)
    throw broken(1, "the checkpoint is of another installation");
  let [seq, hash] = [0, originOf(installation)];
  let truncated = false;
  let first = 0;
  let met = earlier === undefined;
  for (const [index, record] of parsed.entries()) {
    const fail = (why: string): SamehandError => broken(index + 1, why);
    if (record.type === "entry") {
      if (record.seq !== seq + 1) throw fail(`entry ${record.seq} follows entry ${seq}`);
      if (record.previous !== hash) throw fail(`entry ${record.seq} does not follow from the one before`);
      if (record.hash !== hashOf(record)) throw fail(`entry ${record.seq} was changed`);
      ({ seq, hash } = record);
      if (first === 0) first = seq;
    } else if (record.type === "mark") {
      if (record.installation !== installation || !keys.holds(markText(record), record))
        throw fail("the mark's signature does not hold");
      if (record.kind === "truncation" && index === 1) {
        ({ seq, hash } = record);
        truncated = true;
      } else if (record.seq !== seq || record.hash !== hash) throw fail(`the mark at ${record.seq} says otherwise`);
    } else if (index !== 0 && index !== parsed.length - 1) throw fail("out of place");
    if (earlier?.seq === seq) {
      if (earlier.hash !== hash) throw fail(`entry ${seq} is not the one of the earlier checkpoint`);
      met = true;
    }
    if (truncated && index === 1 && earlier !== undefined && earlier.seq < seq) met = true;
  }
  const before = parsed.at(-2);
  if (before?.type === "entry") throw broken(lines.length, "the last entry is not signed");
  if (!met) throw broken(lines.length, `the chain ends before the earlier checkpoint at entry ${earlier?.seq}`);
  return { installation, entries: first === 0 ? 0 : seq - first + 1, first, last: seq, lastHash: hash, truncated };
}

type Parsed = Header | Seal | ({ readonly type: "entry" } & AuditEntry) | ({ readonly type: "mark" } & AuditMark);

/** Only what would be written again byte for byte counts. */
function parseLine(line: string, fail: (why: string) => SamehandError): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fail("not JSON");
  }
  if (typeof value !== "object" || value === null || JSON.stringify(value) !== line) throw fail("spelt otherwise");
  return value as Parsed;
}

function checkSeal(lines: readonly string[], keys: AuditVerifier, fail: (why: string) => SamehandError): void {
  const seal = parseLine(lines.at(-1) ?? "", fail);
  if (seal.type !== "seal") throw fail("the file is cut off: no seal at its end");
  const digest = createHash("sha256");
  for (const line of lines.slice(0, -1)) digest.update(`${line}\n`);
  if (digest.digest("hex") !== seal.digest) throw fail("something was changed after the export was sealed");
  if (!keys.holds(sealText(seal.digest), seal)) throw fail("the seal was not made with a key that is known here");
}

/** Checks a signed mark by itself. @throws SamehandError `audit-broken` */
export function verifyMark(mark: AuditMark, keys: AuditVerifier): void {
  if (!keys.holds(markText(mark), mark))
    throw new SamehandError("audit-broken", "the checkpoint's signature does not hold");
}
