/** `samehand operators`: who may sign in, one-time links and API tokens; in the store, also while the gateway runs. */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { operatorName, role, type Role } from "../admin/contract/operator.ts";
import { keepAnAdmin } from "../admin/last-admin.ts";
import { makeLink } from "../admin/sign-in.ts";
import { hashOf, newSecret } from "../admin/sign-ins.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { epochMillis } from "../core/units.ts";
import type { Store } from "../store/store.ts";
import { commandLineActor } from "./actor.ts";
import { storeOf } from "./store-of.ts";
import { table } from "./table.ts";

const help = `usage: samehand operators [list] [--json]
       samehand operators invite NAME [--role ROLE]... [--reason TEXT] [--json]
       samehand operators token NAME --role ROLE... [--for OPERATOR] [--days N]
                                [--reason TEXT] [--json]
       samehand operators roles|remove NAME; see operators roles --help

list    who may sign in, with their roles
invite  what to add to the console's address to sign an operator in, once, within
        an hour; with roles the operator is made, or given these
token   a new API token, printed this once; it ends after 90 days. With --for it is
        that operator's: it has no role that the operator has not. Without, it is
        nobody's, and may neither ask nor approve where two people must agree

ROLE is ${role.options.join(", ")}. All take --config FILE.
`;

const dayMillis = 86_400_000;

export async function run(args: string[], io: Io): Promise<number> {
  if (args[0] === "roles" || args[0] === "remove") return (await import("./operators-change.ts")).run(args, io);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      role: { type: "string", multiple: true, default: [] },
      days: { type: "string", default: "90" },
      for: { type: "string" },
      reason: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const out = (data: unknown, text: string): Promise<number> => {
    io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
    return Promise.resolve(0);
  };
  if (values.help) return out({ help }, help);
  const [action = "list", name = "", ...rest] = positionals;
  const roles = values.role.map(roleOf);
  const days = Number(values.days);
  if (rest.length > 0 || !["list", "invite", "token"].includes(action))
    throw new SamehandError("usage", positionals.join(" "));
  if (values.for !== undefined && action !== "token") throw new SamehandError("usage", "--for is for a token");
  if (action === "invite" && !operatorName.safeParse(name).success)
    throw new SamehandError("usage", "an operator's name: 1 to 128 characters, not beginning with `oidc:` or `token `");
  if (action !== "list" && name === "") throw new SamehandError("usage", `${action}: a name is needed`);
  if (!(days > 0 && days <= 3650)) throw new SamehandError("usage", "--days: more than 0, at most 3650");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    if (action === "invite") {
      const link = linkFor(store, name, roles, values.reason);
      return out({ link }, `/console/#link=${link}\n`);
    }
    if (action === "token") {
      const token = tokenFor(store, name, roles, { days, owner: values.for, why: values.reason });
      return out({ token }, `${token}\n`);
    }
    const all = store.operators.all();
    const rows = all.map((each) => [each.name, each.roles.join(" "), String(each.passkeys)]);
    return out(all, rows.length === 0 ? "no operators yet\n" : table(["operator", "roles", "passkeys"], rows));
  } finally {
    store.close();
  }
}

function roleOf(text: string): Role {
  const parsed = role.safeParse(text);
  if (!parsed.success) throw new SamehandError("usage", `--role: one of ${role.options.join(", ")}`);
  return parsed.data;
}

function linkFor(store: Store, name: string, roles: readonly Role[], why: string): string {
  const now = epochMillis(Date.now());
  const before = store.operators.find(name);
  if (roles.length > 0) {
    if (before?.roles.includes("admin") === true && !roles.includes("admin")) keepAnAdmin(store.operators, name);
    store.operators.save(name, roles, now);
  } else if (before === null) throw new SamehandError("usage", `${name} is new: give --role`);
  const detail = { operator: name, roles: roles.join(" ") };
  store.audit.note({ actor: commandLineActor(), action: "operator.invited", why, detail });
  return makeLink(store.operators, name, now).link;
}

interface TokenTerms {
  readonly days: number;
  readonly owner: string | undefined;
  readonly why: string;
}

function tokenFor(store: Store, name: string, roles: readonly Role[], { days, owner, why }: TokenTerms): string {
  if (roles.length === 0) throw new SamehandError("usage", "token: --role is needed");
  if (owner !== undefined && store.operators.find(owner) === null)
    throw new SamehandError("record-unknown", `no operator ${owner}`);
  const secret = newSecret();
  const createdAt = epochMillis(Date.now());
  const actor = commandLineActor();
  store.operators.addToken({
    id: randomUUID(),
    hash: hashOf(secret),
    name,
    roles,
    createdBy: owner ?? actor,
    createdAt,
    expiresAt: epochMillis(Math.floor(createdAt + days * dayMillis)),
    usedAt: null,
  });
  const detail = { token: name, owner: owner ?? actor, roles: roles.join(" ") };
  store.audit.note({ actor, action: "token.made", why, detail });
  return secret;
}
