/** `samehand tokens`: the API tokens of a running gateway, and revoking one. */
import { parseArgs } from "node:util";
import type { ApiToken } from "../admin/contract/operator.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";
import { table } from "./table.ts";

const help = `usage: samehand tokens [list] [--json]
       samehand tokens revoke ID --reason TEXT [--json]

list     API tokens, without their secrets
revoke   ends a token at once; the reason stands in the audit chain

\`samehand operators token\` makes one. Both take the role admin.

${apiHelp}`;

export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "list", id, ...rest] = positionals;
  if (rest.length > 0 || !["list", "revoke"].includes(action)) throw new SamehandError("usage", positionals.join(" "));
  if ((action === "list") !== (id === undefined)) throw new SamehandError("usage", `${action}: a token's id`);
  if ((id === undefined) !== (values.reason === undefined)) throw new SamehandError("usage", `${action}: --reason`);
  const ask = api(values, io);
  const out = (data: unknown, text: string): void =>
    void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
  if (id === undefined) {
    const { items } = (await ask("GET", "/tokens")) as { readonly items: readonly ApiToken[] };
    out(items, listed(items));
  } else {
    out(await ask("DELETE", `/tokens/${encodeURIComponent(id)}`, { reason: values.reason }), "revoked\n");
  }
  return 0;
}

const when = (at: number | null): string => (at === null ? "never" : new Date(at).toISOString());

function listed(tokens: readonly ApiToken[]): string {
  const head = ["token", "name", "roles", "made by", "ends", "used"];
  const rows = tokens.map((each) => [
    each.id,
    each.name,
    each.roles.join(" "),
    each.createdBy,
    when(each.expiresAt),
    when(each.usedAt),
  ]);
  return rows.length === 0 ? "no tokens\n" : table(head, rows);
}
