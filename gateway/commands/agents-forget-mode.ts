/** `samehand agents forget-mode`: another device of an agent is no longer known. */
import { parseArgs } from "node:util";
import type { Outcome } from "../admin/contract/common.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";

const help = `usage: samehand agents forget-mode NAME --mode ID --reason TEXT [--json]

Takes away another device that was learned; agents show --json has the ids. Takes the role responder.

${apiHelp}`;

/** @param args after `forget-mode` */
export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, mode: { type: "string" }, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [name, ...rest] = positionals;
  const { reason, mode } = values;
  if (name === undefined || rest.length > 0) throw new SamehandError("usage", "forget-mode: one agent's name");
  if (mode === undefined) throw new SamehandError("usage", "forget-mode: --mode ID");
  if (reason === undefined) throw new SamehandError("usage", "forget-mode: --reason TEXT");
  const path = `/agents/${encodeURIComponent(name)}/forget-mode`;
  const outcome = (await api(values, io)("POST", path, { mode, reason })) as Outcome;
  io.stdout.write(values.json ? `${JSON.stringify(outcome)}\n` : `${outcome.outcome}\n`);
  return 0;
}
