/** `samehand agents consent`: records that an agent consented, or takes the consent back with all that rests on it. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName } from "../core/units.ts";
import { storeOptions } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import { commandLineActor } from "./actor.ts";

const help = `usage: samehand agents consent NAME --notice TEXT [--config FILE]
       samehand agents consent NAME [--json] [--config FILE]
       samehand agents consent NAME --withdraw --yes [--reason TEXT] [--config FILE]

--notice     records that the agent has read that notice (its version and date) and
             consented. With \`consent: required\` in the policy nobody is learned
             from, nor verified, before this
(neither)    shows the record; exit 1 where there is none
--withdraw   erases the agent: key, profile, sessions, the record itself. Cannot be
             undone. A lock must be ended first
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      notice: { type: "string" },
      withdraw: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
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
  if (text === undefined || rest.length > 0) throw new SamehandError("usage", "agents consent takes one agent's name");
  const { notice, withdraw } = values;
  if (withdraw && (notice !== undefined || !values.yes))
    throw new SamehandError("usage", "--withdraw erases and cannot be undone: add --yes, and no --notice");
  if (notice !== undefined && (notice.trim() === "" || notice.length > 200))
    throw new SamehandError("usage", "--notice: 1 to 200 characters");
  const name = agentName(text);
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = openStore({ ...storeOptions(config), busyMillis: 5000 });
  const actor = commandLineActor();
  try {
    if (withdraw) {
      const done = store.forget(name, { actor, why: `consent withdrawn. ${values.reason ?? ""}`.trim() });
      (done ? io.stdout : io.stderr).write(done ? `${name} is forgotten\n` : `no agent ${name}\n`);
      return done ? 0 : 1;
    }
    if (notice !== undefined) {
      store.consents.give(store.enrol(name).id, notice);
      store.audit.note({ actor, action: "consent.given", why: "", agent: name, detail: { notice } });
      io.stdout.write(`${name} has consented\n`);
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
