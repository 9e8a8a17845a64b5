/** `samehand agents forget`: erases an agent; where two people must agree, by way of the running gateway. */
import { parseArgs } from "node:util";
import type { Config } from "../../config/schema.ts";
import { configFile, loadConfig } from "../../config/load.ts";
import type { Outcome } from "../admin/contract/common.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { type AgentName, agentName } from "../core/units.ts";
import { commandLineActor } from "./actor.ts";
import { api, apiHelp, apiOptions } from "./api.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand agents forget NAME --yes [--reason TEXT] [--json]

Erases the agent's key, profile, sessions and name; this cannot be undone. A lock must
be ended first. Exit 1 where there is no such agent.

Acts on the store, also while no gateway runs. Where the configuration has
\`admin.fourEyes: [forget]\` it asks the running gateway instead, which lets it wait for
a second operator (samehand approvals); --reason is then needed.

${apiHelp}`;

/** @param args after `forget` */
export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, reason: { type: "string" }, yes: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new SamehandError("usage", "forget: one agent's name");
  if (!values.yes) throw new SamehandError("usage", "forget cannot be undone: add --yes");
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  return forget(agentName(name), config, values, io);
}

type Values = Parameters<typeof api>[0] & { readonly reason?: string | undefined; readonly json: boolean };

/** Erases, or asks for it. @throws SamehandError `agent-locked`, `usage`, `sign-in-needed`, `act-refused` */
export async function forget(name: AgentName, config: Config, values: Values, io: Io): Promise<number> {
  const { reason = "", json } = values;
  if (config.admin.fourEyes.includes("forget")) {
    if (reason === "") throw new SamehandError("usage", "two people must agree (admin.fourEyes): give --reason TEXT");
    const path = `/agents/${encodeURIComponent(name)}/forget`;
    const outcome = (await api(values, io)("POST", path, { reason })) as Outcome;
    const words = `${outcome.outcome}${outcome.approval === null ? "" : `: ${outcome.approval}`}`;
    io.stdout.write(json ? `${JSON.stringify(outcome)}\n` : `${words}\n`);
    return 0;
  }
  const store = storeOf(config);
  try {
    const done = store.forget(name, { actor: commandLineActor(), why: reason });
    if (json) io.stdout.write(`${JSON.stringify({ outcome: done ? "done" : "already", approval: null })}\n`);
    else (done ? io.stdout : io.stderr).write(done ? `${name} is forgotten\n` : `no agent ${name}\n`);
    return done ? 0 : 1;
  } finally {
    store.close();
  }
}
