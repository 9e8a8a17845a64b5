/** `samehand agents rollback`: an older version of an agent's profile becomes the newest again. */
import { parseArgs } from "node:util";
import type { Outcome } from "../admin/contract/common.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";

const help = `usage: samehand agents rollback NAME --version N --reason TEXT [--json]

Makes version N of the agent's profile the newest again. Takes the role responder.

${apiHelp}`;

/** @param args after `rollback` */
export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, version: { type: "string" }, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [name, ...rest] = positionals;
  const { reason } = values;
  const version = Number(values.version);
  if (name === undefined || rest.length > 0) throw new SamehandError("usage", "rollback: one agent's name");
  if (!(Number.isSafeInteger(version) && version >= 1)) throw new SamehandError("usage", "--version: from 1");
  if (reason === undefined) throw new SamehandError("usage", "rollback: --reason TEXT");
  const path = `/agents/${encodeURIComponent(name)}/rollback`;
  const outcome = (await api(values, io)("POST", path, { version, reason })) as Outcome;
  io.stdout.write(values.json ? `${JSON.stringify(outcome)}\n` : `${outcome.outcome}\n`);
  return 0;
}
