/** `samehand audit`: the chain of decisions, shown and verified. */
import { parseArgs } from "node:util";
import { configFile, loadConfig, readKeyRing } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { openStore } from "../store/open-store.ts";
import { table } from "./table.ts";

const help = `usage: samehand audit [show] [--most N] [--json] [--config FILE]
       samehand audit verify [--json] [--config FILE]

show     the newest decisions (default 50), newest first, with their reasons
verify   walks the whole chain; exit 1 where a row was changed, inserted or left
         out. Compare the last hash with one that you noted earlier, to see that
         nothing was cut off at the end.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      most: { type: "string", default: "50" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "show", ...rest] = positionals;
  const most = Number(values.most);
  if (rest.length > 0 || !["show", "verify"].includes(action)) throw new SamehandError("usage", positionals.join(" "));
  if (!Number.isInteger(most) || most < 1) throw new SamehandError("usage", "--most: a whole number");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys), busyMillis: 5000 });
  try {
    if (action === "verify") {
      const { rows, brokenAt } = store.verifyDecisions();
      const last = store.decisions(1)[0]?.hash ?? null;
      const text =
        brokenAt === null ? `${rows} rows are whole\nlast hash ${last ?? "none"}\n` : `broken at row ${brokenAt}\n`;
      io.stdout.write(values.json ? `${JSON.stringify({ rows, brokenAt, last })}\n` : text);
      return brokenAt === null ? 0 : 1;
    }
    const decisions = store.decisions(most).map((row) => ({ ...row, at: new Date(row.at).toISOString() }));
    const head = ["seq", "at", "agent", "mode", "verdict", "would be", "trust", "rule", "reasons"];
    const cells = decisions.map((row) => [
      String(row.seq),
      row.at,
      row.name ?? "(forgotten)",
      row.mode,
      row.verdict,
      row.wouldBe,
      row.trust.toFixed(1),
      row.rule,
      row.reasons.join("; "),
    ]);
    io.stdout.write(values.json ? `${JSON.stringify(decisions)}\n` : table(head, cells));
    return 0;
  } finally {
    store.close();
  }
}
