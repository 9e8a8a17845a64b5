/** `samehand score`: scores recordings against one agent. */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName } from "../core/units.ts";
import { undistorted } from "../offline/distortion.ts";
import { enrolFrom } from "../offline/enrolled.ts";
import { recordingsIn } from "../offline/files.ts";
import { readTape } from "../offline/tape.ts";
import { scoreTape } from "../offline/trial.ts";
import { commandLineActor } from "./actor.ts";
import { noAgent } from "./newcomer.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand score RECORDING... --agent NAME [OPTIONS]
       samehand score RECORDING... --enrol FOLDER [OPTIONS]

Scores recordings (.guac, .guac.gz; files or folders) against an agent of the store, or
against who enrols from a folder of recordings. Prints a row every 25 keystrokes, 10 pointer
actions and 15 s: the log-likelihood ratio of all input so far, positive for the agent.

  --agent NAME       an enrolled agent
  --enrol FOLDER     enrol from these recordings instead
  --config FILE      the gateway's configuration: store, keys, background
  --background FILE  verify with this background
  --json             print rows as JSON
`;

interface Choice {
  readonly agent: string | undefined;
  readonly enrol: string | undefined;
  readonly config: string | undefined;
  readonly background: string | undefined;
}

/** The background and the profile to score against. @throws SamehandError */
function against(choice: Choice, recordings: number, io: Io): { background: Background; profile: Profile } {
  if (choice.enrol !== undefined) {
    const background = Background.load(choice.background);
    const tapes = recordingsIn([choice.enrol]).map((file) => readTape(file, undistorted));
    if (tapes.length === 0) throw new SamehandError("usage", `${choice.enrol} has no recordings`);
    return { background, profile: enrolFrom(background, tapes) };
  }
  const { config } = loadConfig(configFile(choice.config, io.env), io.env);
  const background = Background.load(choice.background ?? config.background);
  const store = storeOf(config);
  try {
    const name = agentName(choice.agent ?? "");
    const record = store.agent(name);
    if (record === null) throw noAgent(store, name);
    const stored = store.profile(record.id);
    if (stored === null) throw new SamehandError("record-unknown", `nothing was learned of ${name} yet`);
    // Who compared somebody's recordings with an agent's hand is for the audit too.
    const act = { actor: commandLineActor(), action: "agent.scored", why: "samehand score" };
    store.audit.note({ ...act, agent: record.name, detail: { recordings } });
    return { background, profile: Profile.decode(stored.body, background) };
  } finally {
    store.close();
  }
}

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      agent: { type: "string" },
      enrol: { type: "string" },
      config: { type: "string" },
      background: { type: "string" },
      json: { type: "boolean" },
    },
  });
  if (values.help === true) {
    io.stdout.write(help);
    return 0;
  }
  const { agent, enrol, config, background: file } = values;
  if ((agent === undefined) === (enrol === undefined))
    throw new SamehandError("usage", "give one of --agent and --enrol");
  const files = recordingsIn(positionals);
  if (files.length === 0) throw new SamehandError("usage", "score takes recordings");
  const { background, profile } = against({ agent, enrol, config, background: file }, files.length, io);
  const claimed = agent ?? basename(enrol ?? "");
  const rows = files.flatMap((name) => {
    const session = basename(name).replace(/\.guac(\.gz)?$/, "");
    return scoreTape(readTape(name, undistorted), new Verifier(background, profile)).map((row) => ({
      session,
      claimed,
      t_ms: Math.round(row.at),
      keystrokes: row.keystrokes,
      actions: row.actions,
      llr: Number(row.llr.toFixed(4)),
    }));
  });
  if (values.json === true) io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    io.stdout.write("session,claimed,t_ms,keystrokes,actions,llr\n");
    for (const row of rows) io.stdout.write(`${Object.values(row).join(",")}\n`);
  }
  return 0;
}
