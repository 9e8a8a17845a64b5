/** `samehand agents consent`: records that an agent consented, or takes the consent back with all that rests on it. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName } from "../core/units.ts";
import { commandLineActor } from "./actor.ts";
import { agentOrNewcomer } from "./newcomer.ts";
import { forget } from "./agents-forget.ts";
import { apiOptions } from "./api.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand agents consent NAME --notice TEXT [--json] [--config FILE]
       samehand agents consent NAME [--json] [--config FILE]
       samehand agents consent NAME --withdraw --yes [--reason TEXT] [--json] [--config FILE]

--notice     records that the agent has read that notice (its version and date) and
             consented. With \`consent: required\` in the policy nobody is learned
             from, nor verified, before this
(neither)    shows the record; exit 1 where there is none
--withdraw   erases the agent: key, profile, sessions, the record itself. Cannot be
             undone. A lock must be ended first. As samehand agents forget, it
             waits for a second person where admin.fourEyes says so
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      notice: { type: "string" },
      withdraw: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      reason: { type: "string" },
      ...apiOptions,
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [text, ...rest] = positionals;
  if (text === undefined || rest.length > 0) throw new SamehandError("usage", "agents consent takes one agent's name");
  const { notice, withdraw } = values;
  if (withdraw && (notice !== undefined || !values.yes))
    throw new SamehandError("usage", "--withdraw erases and cannot be undone: add --yes, and no --notice");
  if (notice !== undefined && (notice.trim() === "" || notice.length > 200))
    throw new SamehandError("usage", "--notice: 1 to 200 characters");
  const name = agentName(text);
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  if (withdraw)
    return forget(name, config, { ...values, reason: `consent withdrawn. ${values.reason ?? ""}`.trim() }, io);
  const store = storeOf(config);
  const actor = commandLineActor();
  try {
    if (notice !== undefined) {
      store.consents.give(agentOrNewcomer(store, name, io).id, notice);
      store.audit.note({ actor, action: "consent.given", why: "", agent: name, detail: { notice } });
      io.stdout.write(values.json ? `${JSON.stringify({ consented: name, notice })}\n` : `${name} has consented\n`);
      return 0;
    }
    const agent = store.agent(name);
    const consent = agent === null ? null : store.consents.of(agent.id);
    const at = consent === null ? null : new Date(consent.at).toISOString();
    if (values.json) io.stdout.write(`${JSON.stringify(consent === null ? null : { ...consent, at })}\n`);
    else io.stdout.write(consent === null ? `${name} has not consented\n` : `${at}  ${consent.notice}\n`);
    return consent === null ? 1 : 0;
  } finally {
    store.close();
  }
}
