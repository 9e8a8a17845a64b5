/** `samehand operators roles` and `remove`: asked of a running gateway, which keeps the last admin. */
import { parseArgs } from "node:util";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";

const help = `usage: samehand operators roles NAME --role ROLE... [--reason TEXT] [--json]
       samehand operators remove NAME --reason TEXT [--json]

roles    gives an operator these roles and no others; takes effect at once
remove   removes an operator, with passkeys and sign-ins; the last admin stays

Both take the role admin. The reason stands in the audit chain.

${apiHelp}`;

/** @param args from `roles` or `remove` on */
export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, role: { type: "string", multiple: true }, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action, name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new SamehandError("usage", `${action}: one operator's name`);
  const roles = values.role ?? [];
  if ((action === "roles") !== roles.length > 0)
    throw new SamehandError("usage", action === "roles" ? "roles: --role is needed" : "remove: takes no --role");
  const { reason } = values;
  if (action === "remove" && reason === undefined) throw new SamehandError("usage", "remove: --reason is needed");
  const ask = api(values, io);
  const path = `/operators/${encodeURIComponent(name)}`;
  const answer =
    action === "roles"
      ? await ask("PUT", `${path}/roles`, { roles, ...(reason === undefined ? {} : { reason }) })
      : await ask("DELETE", path, { reason });
  const words = action === "roles" ? `${name}: ${roles.join(" ")}` : `${name} is removed`;
  io.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : `${words}\n`);
  return 0;
}
