/** `samehand enrol`: learns agents from Guacamole recordings. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { Background } from "../../models/background.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { AgentName } from "../core/units.ts";
import { enrol, type Enrolled } from "../offline/enrol.ts";
import { isGuacdRecording, recordingsIn } from "../offline/files.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { agentOf, peopleOf } from "../proxy/webapp/account.ts";
import type { Store } from "../store/store.ts";
import { commandLineActor } from "./actor.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand enrol AGENT RECORDING... [OPTIONS]
       samehand enrol --all FOLDER [OPTIONS]

Learns an agent from Guacamole session recordings with input (files or folders; in
folders those that end in .guac or .guac.gz, or have no ending) into the store, beside
what is known already. --all takes every folder in FOLDER as an agent, and says at the
end how many are mature and what the recordings lacked.

  --config FILE   the gateway's configuration: store, keys, background
  --data-source NAME
                  agents are accounts of this data source of Guacamole: anna is NAME/anna,
                  or who \`webapp.people\` says
  --day-each      count each recording as a day of its own (otherwise its timestamps or
                  the file's date tell the day)
  --json          print what is known of each agent as JSON
`;

/** @throws SamehandError `usage` */
function agentsOf(all: string | undefined, positionals: string[]): [string, string[]][] {
  if (all !== undefined) {
    if (positionals.length > 0) throw new SamehandError("usage", "--all takes no other arguments");
    const folders = readdirSync(all, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders.map(({ name }) => [name, recordingsIn([join(all, name)], isGuacdRecording)]);
  }
  const [agent, ...paths] = positionals;
  if (agent === undefined || paths.length === 0)
    throw new SamehandError("usage", "enrol takes an AGENT and recordings");
  return [[agent, recordingsIn(paths, isGuacdRecording)]];
}

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      all: { type: "string" },
      config: { type: "string" },
      "data-source": { type: "string" },
      "day-each": { type: "boolean", default: false },
      json: { type: "boolean" },
    },
  });
  if (values.help === true) {
    io.stdout.write(help);
    return 0;
  }
  const agents = agentsOf(values.all, positionals);
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const background = Background.load(config.background);
  const policy = loadPolicy(config.policy ?? defaultPolicyFile);
  const store = storeOf(config);
  try {
    const options = { store, background, enrolment: config.enrolment, dayEach: values["day-each"] };
    const enrolled: Enrolled[] = [];
    const source = values["data-source"];
    const { people = {}, caseSensitive = false } = config.webapp ?? {};
    const accounts = peopleOf(people, caseSensitive);
    for (const [account, files] of agents) {
      const agent = agentOf(source === undefined ? account : `${source}/${account}`, accounts);
      if (policy.consent === "required") needConsent(store, agent);
      io.stderr.write(`${agent}: ${counted(files.length, "recording")}\n`);
      const learned = enrol(agent, files, options);
      enrolled.push(learned);
      const { keystrokes, actions } = learned;
      const detail = { recordings: files.length, keystrokes, actions };
      const act = { actor: commandLineActor(), action: "agent.enrolled", why: "samehand enrol" };
      store.audit.note({ ...act, agent, detail });
    }
    io.stdout.write(values.json === true ? `${JSON.stringify(enrolled, null, 2)}\n` : report(enrolled));
  } finally {
    store.close();
  }
  return 0;
}

/** @throws SamehandError `act-refused` */
function needConsent(store: Store, name: AgentName): void {
  const agent = store.agent(name);
  if (agent === null || store.consents.of(agent.id) === null)
    throw new SamehandError("act-refused", `${name} has not consented: samehand agents consent`);
}

/** A line for each agent, then what of all of it is still missing. */
function report(enrolled: readonly Enrolled[]): string {
  const count = (fits: (one: Enrolled) => boolean): number => enrolled.filter(fits).length;
  const recordings = enrolled.reduce((sum, each) => sum + each.recordings, 0);
  const [keyless, pointerless, broken] = (["keyless", "pointerless", "broken"] as const).map((what) =>
    enrolled.reduce((sum, each) => sum + each[what], 0),
  );
  const mature = count(({ maturity }) => maturity === "mature");
  const lines = [
    `${mature} of ${enrolled.length} agents are mature, ${count(({ maturity }) => maturity === "provisional")} provisional; ${counted(recordings, "recording")}`,
    ...(keyless > 0 ? [`recordings without keys: ${keyless} (was \`recording-include-keys\` on?)`] : []),
    ...(pointerless > 0 ? [`recordings without a pointer: ${pointerless} (was \`recording-exclude-mouse\` on?)`] : []),
    ...(broken > 0 ? [`recordings that could not be read, and taught nothing: ${broken}`] : []),
  ];
  return `${enrolled.map(line).join("")}\n${lines.join("\n")}\n`;
}

function line({ agent, keystrokes, actions, days, maturity, lacks }: Enrolled): string {
  const missing = Object.entries(lacks)
    .filter(([, amount]) => amount > 0)
    .map(([what, amount]) => counted(amount, what.replace(/s$/, "")));
  const rest = missing.length === 0 ? "" : `; lacks ${missing.join(", ")}`;
  const known = [counted(keystrokes, "keystroke"), counted(actions, "action"), counted(days, "day")].join(", ");
  return `${agent}: ${maturity} (${known}${rest})\n`;
}
