/** `samehand approvals`: what waits for a second person in a running gateway, and that person's answer. */
import { parseArgs } from "node:util";
import type { Outcome } from "../admin/contract/common.ts";
import type { Approval } from "../admin/contract/operator.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";
import { table } from "./table.ts";

const help = `usage: samehand approvals [list] [--json]
       samehand approvals approve|refuse ID --reason TEXT [--json]

list      what waits for a second person
approve   does it; takes the role of the act, and another person than who asked (an
          operator and that operator's tokens are one). A policy's draft is in --json
refuse    does not do it; takes the role of the act

${apiHelp}`;

export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "list", id, ...rest] = positionals;
  if (rest.length > 0 || !["list", "approve", "refuse"].includes(action))
    throw new SamehandError("usage", positionals.join(" "));
  const { reason } = values;
  const out = (data: unknown, text: string): void =>
    void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
  if (action === "list") {
    if (id !== undefined) throw new SamehandError("usage", `list: unexpected ${id}`);
    const { items } = (await api(values, io)("GET", "/approvals")) as { readonly items: readonly Approval[] };
    out(items, listed(items));
    return 0;
  }
  if (id === undefined || reason === undefined) throw new SamehandError("usage", `${action}: ID --reason TEXT`);
  const path = `/approvals/${encodeURIComponent(id)}/${action}`;
  const outcome = (await api(values, io)("POST", path, { reason })) as Outcome;
  out(outcome, `${outcome.outcome}\n`);
  return 0;
}

function listed(approvals: readonly Approval[]): string {
  const rows = approvals.map(({ id, what, on, by, reason, expiresAt }) => [
    id,
    what,
    on,
    by,
    new Date(expiresAt).toISOString(),
    reason,
  ]);
  return rows.length === 0 ? "nothing waits\n" : table(["approval", "what", "on", "by", "until", "reason"], rows);
}
