/** `samehand audit`: the chain of verdicts and acts: shown, exported, signed, and checked with the public key alone. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { readText } from "../../config/text.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditMark } from "../store/audit-entry.ts";
import { exportAudit, verifyExport, verifyMark } from "../store/audit-export.ts";
import { AuditVerifier } from "../store/audit-key.ts";
import { writePrivate } from "../store/private-file.ts";
import type { Store } from "../store/store.ts";
import { commandLineActor } from "./actor.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";
import { strictText } from "./strict-text.ts";
import { table } from "./table.ts";

const help = `usage: samehand audit [show] [--most N] [--json] [--config FILE]
       samehand audit verify [--json] [--config FILE]
       samehand audit verify FILE --key PUBLIC-KEY [--checkpoint FILE] [--json]
       samehand audit export FILE [--config FILE]
       samehand audit checkpoint [--config FILE]
       samehand audit key [--config FILE]

show        the newest entries (default 50), newest first
verify      walks the chain in the store; or checks an export or a checkpoint
            (FILE) by itself: no configuration, no store, only the public key
            (evidence: samehand evidence verify). Exit 1 where anything was changed, cut, left out or moved.
            --checkpoint: one noted earlier, which the export must still hold
export      the whole chain as JSON lines, signed, into a new FILE, for nobody else to read
checkpoint  signs the chain as it stands; note it somewhere else: with it, nobody
            can take anything away again from what came before
key         the public key to check with, and those of earlier audit keys
`;

const actions = ["show", "verify", "export", "checkpoint", "key"];

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      most: { type: "string", default: "50" },
      key: { type: "string" },
      checkpoint: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "show", name, ...rest] = positionals;
  const named = action === "export";
  if (!actions.includes(action)) throw new SamehandError("usage", action);
  if (rest.length > 0 || (name !== undefined && !named && action !== "verify"))
    throw new SamehandError("usage", positionals.join(" "));
  if (named && name === undefined) throw new SamehandError("usage", "export: FILE is needed");
  const out = (data: unknown, text: string): void =>
    void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
  if (action === "verify" && name !== undefined) return verifyFile(name, values.key, values.checkpoint, out);

  const most = Number(values.most);
  if (!Number.isInteger(most) || most < 1) throw new SamehandError("usage", "--most: a whole number");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    switch (action) {
      case "show":
        return show(store, most, out);
      case "verify":
        return verifyStore(store, out);
      case "export":
        return exportTo(store, name ?? "", out);
      case "checkpoint":
        io.stdout.write(`${JSON.stringify(store.audit.checkpoint())}\n`);
        return 0;
      default:
        // Of earlier signers too: their marks are still in the chain.
        out({ id: store.audit.signer.id, publicKey: store.audit.signer.publicKeys }, store.audit.signer.publicKeys);
        return 0;
    }
  } finally {
    store.close();
  }
}

const wholeOf = (entries: number): string => `${counted(entries, "entry is", "entries are")} whole`;

type Out = (data: unknown, text: string) => void;

function show(store: Store, most: number, out: Out): number {
  const names = new Map(store.agents().map(({ id, name }) => [id, name]));
  const entries = store.audit.newest(most).map((entry) => ({
    ...entry,
    at: new Date(entry.at).toISOString(),
    name: entry.agent === null ? null : (names.get(entry.agent) ?? null),
  }));
  const head = ["seq", "at", "who", "what", "agent", "session", "why", "grounds"];
  const cells = entries.map((entry) => [
    String(entry.seq),
    entry.at,
    entry.actor,
    entry.action,
    entry.agent === null ? "" : (entry.name ?? "(forgotten)"),
    entry.session ?? "",
    entry.why,
    Object.entries(entry.detail)
      .map(([key, value]) => (Array.isArray(value) ? value.join("; ") : `${key} ${shown(value)}`))
      .join(", "),
  ]);
  out(entries, table(head, cells));
  return 0;
}

/** Numbers such as trust to two decimals, as in the log; the chain itself, and --json, keep them whole. */
const shown = (value: unknown): string =>
  typeof value === "number" ? String(Number(value.toFixed(2))) : String(value);

function verifyStore(store: Store, out: Out): number {
  const { rows, brokenAt } = store.audit.verify();
  const unknownKeys = store.audit.unknownKeys();
  const last = store.audit.newest(1)[0]?.hash ?? null;
  const told = unknownKeys
    .map(
      (key) => `signed with a key that is not known here: ${key} (add its public half to the audit key's .pub file)\n`,
    )
    .join("");
  out(
    { rows, brokenAt, unknownKeys, last },
    brokenAt === null ? `${wholeOf(rows)}\nlast hash ${last ?? "none"}\n${told}` : `broken at entry ${brokenAt}\n`,
  );
  return brokenAt === null && unknownKeys.length === 0 ? 0 : 1;
}

function exportTo(store: Store, file: string, out: Out): number {
  let entries = 0;
  writePrivate(file, (put) => {
    // First, so that the export holds it too.
    store.audit.note({ actor: commandLineActor(), action: "audit.exported", why: "samehand audit export" });
    entries = exportAudit(store.audit, store.installation, epochMillis(Date.now()), put);
  });
  out({ file, entries }, `${counted(entries, "entry", "entries")} in ${file}\n`);
  return 0;
}

/** Touches nothing but the files that are named. */
function verifyFile(file: string, key: string | undefined, checkpoint: string | undefined, out: Out): number {
  if (key === undefined) throw new SamehandError("usage", "verify FILE: --key PUBLIC-KEY is needed");
  const keys = new AuditVerifier(readText(key, "key-invalid"), key);
  const text = strictText(file);
  if (text.startsWith('{"kind":')) {
    const mark = parseMark(text, file);
    verifyMark(mark, keys);
    out(mark, `the checkpoint at entry ${mark.seq} of ${new Date(mark.at).toISOString()} holds\n`);
    return 0;
  }
  let earlier: AuditMark | undefined;
  if (checkpoint !== undefined) {
    earlier = parseMark(strictText(checkpoint), checkpoint);
    verifyMark(earlier, keys);
  }
  const { installation, entries, first, last, lastHash, truncated } = verifyExport(text, keys, earlier);
  const since = truncated ? " (older ones were removed, with a signed mark)" : "";
  out(
    { installation, entries, first, last, lastHash, truncated },
    `${wholeOf(entries)}, ${first} to ${last}${since}\ninstallation ${installation}\nlast hash ${lastHash}\n`,
  );
  return 0;
}

function parseMark(text: string, file: string): AuditMark {
  try {
    return JSON.parse(text) as AuditMark;
  } catch (error) {
    throw new SamehandError("audit-broken", `${file}: no checkpoint`, error);
  }
}
