/** `samehand agents`: who is enrolled and how far, locks, and forgetting; also while the gateway runs. */
import { parseArgs } from "node:util";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { type AgentName, type EpochMillis, agentName, epochMillis } from "../core/units.ts";
import { subjectPieces } from "../admin/subject.ts";
import { writePrivate } from "../store/private-file.ts";
import type { Store } from "../store/store.ts";
import { commandLineActor } from "./actor.ts";
import { list, show, untilText } from "./agents-list.ts";
import { noAgent, tellNewcomer } from "./newcomer.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand agents [list] [--json]
       samehand agents show NAME [--json]
       samehand agents lock NAME [--minutes N] [--reason TEXT] [--json]
       samehand agents unlock NAME [--reason TEXT] [--json]
       samehand agents forget NAME --yes [--reason TEXT] [--json]
       samehand agents rollback NAME; see agents rollback --help
       samehand agents forget-mode NAME; see agents forget-mode --help
       samehand agents export NAME [--out FILE]
       samehand agents consent NAME --notice TEXT | --withdraw
       samehand agents totp NAME [--png FILE] [--svg FILE] | --remove
       samehand agents passkey NAME | --remove

list     every agent, how much was learned, the maturity, and the lock
show     one agent, with the profile's versions and the latest sessions and verdicts
lock     refuses the agent's sessions, and ends those that live, for N minutes;
         without --minutes until unlock
unlock   ends a lock
forget   erases the agent's key, profile and sessions; this cannot be undone; waits
         for a second person where admin.fourEyes says so; see agents forget --help
export   all that is kept about the agent, as JSON, for the agent
consent  the record of consent; see agents consent --help
totp     one-time codes for challenges, with a QR code; see agents totp --help
passkey  a link to add a passkey, for challenges; see agents passkey --help

All take --config FILE. A running gateway notices within a second.
`;

export async function run(args: string[], io: Io): Promise<number> {
  if (args[0] === "totp") return (await import("./agents-totp.ts")).run(args.slice(1), io);
  if (args[0] === "passkey") return (await import("./agents-passkey.ts")).run(args.slice(1), io);
  if (args[0] === "consent") return (await import("./agents-consent.ts")).run(args.slice(1), io);
  if (args[0] === "rollback") return (await import("./agents-rollback.ts")).run(args.slice(1), io);
  if (args[0] === "forget-mode") return (await import("./agents-forget-mode.ts")).run(args.slice(1), io);
  if (args[0] === "forget") return (await import("./agents-forget.ts")).run(args.slice(1), io);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      minutes: { type: "string" },
      reason: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "list", name, ...rest] = positionals;
  if (rest.length > 0) throw new SamehandError("usage", `unexpected ${rest.join(" ")}`);
  if (!["list", "show", "lock", "unlock", "export"].includes(action))
    throw new SamehandError(
      "usage",
      `'${action}' is none of list, show, lock, unlock, forget, forget-mode, rollback, export, consent, totp, passkey`,
    );
  if (action !== "list" && name === undefined) throw new SamehandError("usage", `${action}: an agent's name is needed`);
  const until = values.minutes === undefined ? null : untilAfter(values.minutes);

  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  try {
    const agent = agentName(name ?? "");
    const out = (data: unknown, text: string): void =>
      void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
    switch (action) {
      case "list":
        return list(store, config, out);
      case "show":
        return show(store, config, agent, out);
      case "export":
        return exportSubject(store, agent, values.out, io);
      case "lock":
        tellNewcomer(store, agent, io);
        store.lock(agent, until, values.reason ?? "locked by an operator");
        store.audit.note({ ...by(values.reason), action: "agent.locked", agent, detail: { until } });
        if (store.problem !== null) throw store.problem;
        out({ locked: agent, until }, `${agent} is locked ${untilText(until)}\n`);
        return 0;
      default: {
        const stood = unlock(store, agent, values.reason);
        if (values.json) out({ unlocked: agent, was: stood ? "locked" : "open" }, "");
        else (stood ? io.stdout : io.stderr).write(stood ? `${agent} is unlocked\n` : `${agent} was not locked\n`);
        return stood ? 0 : 1;
      }
    }
  } finally {
    store.close();
  }
}

const by = (why = "") => ({ actor: commandLineActor(), why });

function exportSubject(store: Store, agent: AgentName, file: string | undefined, io: Io): number {
  if (store.agent(agent) === null) throw noAgent(store, agent);
  const write = (put: (piece: string) => void): void => {
    // First, so that the export tells of itself.
    store.audit.note({ ...by("samehand agents export"), action: "agent.exported", agent });
    for (const piece of subjectPieces(store, agent, epochMillis(Date.now())) ?? []) put(piece);
  };
  if (file === undefined) write((piece) => io.stdout.write(piece));
  else writePrivate(file, write);
  return 0;
}

function unlock(store: Store, agent: AgentName, why: string | undefined): boolean {
  const stood = store.unlock(agent);
  if (stood) store.audit.note({ ...by(why), action: "agent.unlocked", agent });
  return stood;
}

function untilAfter(minutes: string): EpochMillis {
  const count = Number(minutes);
  if (!(count > 0 && count <= 525_600)) throw new SamehandError("usage", "--minutes: from 1 to 525600");
  return epochMillis(Date.now() + count * 60_000);
}
