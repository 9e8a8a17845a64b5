/** `samehand evidence`: what was decided and done about one session, signed; and the check of it, with the public key alone. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { readText } from "../../config/text.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { epochMillis, sessionId } from "../core/units.ts";
import { AuditVerifier } from "../store/audit-key.ts";
import { evidenceOf, verifyEvidence } from "../store/evidence-pack.ts";
import { writePrivate } from "../store/private-file.ts";
import { commandLineActor } from "./actor.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";
import { strictText } from "./strict-text.ts";

const help = `usage: samehand evidence SESSION --out FOLDER [--json] [--config FILE]
       samehand evidence verify FILE --key PUBLIC-KEY [--json]

Writes evidence-SESSION.json and evidence-SESSION.html: each verdict on the
session and each act of a person, when, by which rule, on what grounds; signed,
and without anything that was typed. For nobody else to read, and never over a
file that is there.

verify   checks either file by itself: no gateway, no store, no configuration,
         only the public key (samehand audit key). Exit 1 where one byte differs.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      key: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const out = (data: unknown, text: string): void =>
    void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
  const [first, file, ...rest] = positionals;
  if (first === "verify" && file !== undefined && rest.length === 0) return verify(file, values.key, out);
  if (first === undefined || first === "verify" || file !== undefined)
    throw new SamehandError("usage", "name one SESSION, or verify FILE");
  if (values.out === undefined) throw new SamehandError("usage", "--out FOLDER is needed");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    const session = sessionId(first);
    const { json, html } = evidenceOf(store, session, epochMillis(Date.now()));
    mkdirSync(values.out, { recursive: true });
    const stem = join(values.out, `evidence-${first}`);
    writePrivate(`${stem}.json`, (put) => {
      put(json);
      // Both or neither.
      writePrivate(`${stem}.html`, (putPage) => putPage(html));
    });
    store.audit.note({ actor: commandLineActor(), action: "evidence.made", session, why: "samehand evidence" });
    out({ files: [`${stem}.json`, `${stem}.html`] }, `${stem}.json\n${stem}.html\n`);
    return 0;
  } finally {
    store.close();
  }
}

/** Touches nothing but the two files. @throws SamehandError `audit-broken` */
function verify(file: string, key: string | undefined, out: (data: unknown, text: string) => void): number {
  if (key === undefined) throw new SamehandError("usage", "verify FILE: --key PUBLIC-KEY is needed");
  const keys = new AuditVerifier(readText(key, "key-invalid"), key);
  const { session, entries, checkpoint } = verifyEvidence(strictText(file), keys);
  const facts = { session: session.id, agent: session.agent, entries: entries.length, checkpoint: checkpoint.seq };
  out(
    facts,
    `the evidence on session ${session.id} of ${session.agent} holds: ${counted(entries.length, "entry", "entries")}\n`,
  );
  return 0;
}
