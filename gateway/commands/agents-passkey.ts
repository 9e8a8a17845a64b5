/** `samehand agents passkey`: a link by which an agent adds a passkey, or takes all of them away. */
import { parseArgs } from "node:util";
import { renderUnicodeCompact } from "uqr";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName, epochMillis } from "../core/units.ts";
import { passkeyLink } from "../judge/agent-passkeys.ts";
import { siteOf } from "../settings.ts";
import { commandLineActor } from "./actor.ts";
import { agentOrNewcomer } from "./newcomer.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand agents passkey NAME [--reason TEXT] [--json]
       samehand agents passkey NAME --remove [--reason TEXT] [--json]

Prints a link, and its QR code, that the agent opens on a phone or another device
to add a passkey of it: once, within a day. A challenge then asks for it
(\`challenge.proof: passkey\` in the policy, or where the agent has no codes).
Needs \`listen.url\`, the https address at which agents reach the gateway.

  --remove       take all of the agent's passkeys away
  --config FILE

Give the link to the agent alone: whoever opens it first adds the passkey.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      remove: { type: "boolean", default: false },
      reason: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [text, ...rest] = positionals;
  if (text === undefined || rest.length > 0) throw new SamehandError("usage", "agents passkey takes one agent's name");
  const name = agentName(text);
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const site = siteOf(config);
  if (site === null && !values.remove) throw new SamehandError("config-invalid", "agents' passkeys need `listen.url`");
  const store = storeOf(config);
  const by = { actor: commandLineActor(), why: values.reason ?? "", agent: name };
  try {
    if (values.remove || site === null) {
      const agent = store.agent(name);
      const count = agent === null ? 0 : store.agentPasskeys.drop(agent.id);
      if (count > 0) store.audit.note({ ...by, action: "agent.passkeys-removed" });
      if (values.json) io.stdout.write(`${JSON.stringify({ removed: count })}\n`);
      else
        (count > 0 ? io.stdout : io.stderr).write(
          count > 0 ? `${name} has no passkeys any more\n` : `${name} had none\n`,
        );
      return count > 0 ? 0 : 1;
    }
    const { id } = agentOrNewcomer(store, name, io);
    const link = passkeyLink(store, id, site, epochMillis(Date.now()));
    store.audit.note({ ...by, action: "agent.passkey-link" });
    io.stdout.write(values.json ? `${JSON.stringify({ link })}\n` : `${renderUnicodeCompact(link)}\n${link}\n`);
    return 0;
  } finally {
    store.close();
  }
}
