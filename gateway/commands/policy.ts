/** `samehand policy`: the policy that stands in a running gateway, drafts of it, and what they would have done. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Outcome } from "../admin/contract/common.ts";
import type { CheckedPolicy, PolicyState, Replay, Shadow } from "../admin/contract/policy.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions, type Ask } from "./api.ts";
import { counted } from "./counted.ts";

const help = `usage: samehand policy [show] [--json]
       samehand policy shadow [--days N] [--json]
       samehand policy check FILE [--json]
       samehand policy replay FILE [--days N] [--json]
       samehand policy apply FILE --reason TEXT [--json]

show     the policy as it stands
shadow   what the policy did, or in report mode would have done, over the last days (7)
check    whether a draft is valid; exits with 1 where it is not
replay   what a draft would have done over the last days, from stored scores
apply    makes a draft the policy

${apiHelp}`;

/** What a command prints: data, words, and the exit code. */
interface Told {
  readonly data: unknown;
  readonly text: string;
  readonly failed?: boolean;
}

export async function run(args: string[], io: Io): Promise<number> {
  const options = { ...apiOptions, days: { type: "string", default: "7" }, reason: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "show", file, ...rest] = positionals;
  const days = Number(values.days);
  if (rest.length > 0 || !(days > 0)) throw new SamehandError("usage", positionals.join(" "));
  const ask = api(values, io);
  const told =
    file === undefined ? await standing(action, days, ask) : await draft(action, file, days, values.reason, ask);
  io.stdout.write(values.json ? `${JSON.stringify(told.data)}\n` : told.text);
  return told.failed === true ? 1 : 0;
}

async function standing(action: string, days: number, ask: Ask): Promise<Told> {
  if (action === "show") {
    const data = (await ask("GET", "/policy")) as PolicyState;
    return { data, text: data.text };
  }
  if (action !== "shadow") throw new SamehandError("usage", `${action}: a file is needed`);
  const data = (await ask("GET", `/policy/shadow?days=${days}`)) as Shadow;
  return { data, text: shadowText(data) };
}

/** What would have been done, and to whom. */
function shadowText({ sessions, activeHours, would, budget, items }: Shadow): string {
  const doubted = items.filter(({ wouldBe }) => wouldBe === "quarantine" || wouldBe === "sever");
  const rows = doubted.map(({ session, agent, startedAt, wouldBe, lowestTrust }) => {
    const trust = lowestTrust === null ? "" : `trust down to ${Math.round(lowestTrust)}, `;
    const what = wouldBe === "sever" ? "severed" : "quarantined";
    return `  ${new Date(startedAt).toISOString().slice(0, 16)}Z ${agent}: ${what}, ${trust}session ${session}\n`;
  });
  const left = would.quarantine + would.sever - doubted.length;
  return [
    `${counted(sessions, "session")}, ${activeHours.toFixed(1)} active hours: would have alerted ${would.alert}, quarantined ${would.quarantine}, severed ${would.sever}\n`,
    `quarantines an active hour: ${budget.quarantinesPerHour.toFixed(3)}, budget ${budget.allowedPerHour}\n`,
    rows.length === 0
      ? ""
      : `these, the strictest first; why, with \`samehand evidence SESSION --out FOLDER\`:\n${rows.join("")}`,
    left > 0 ? `  and ${left} more\n` : "",
  ].join("");
}

async function draft(action: string, file: string, days: number, reason: string | undefined, ask: Ask): Promise<Told> {
  const text = read(file);
  if (action === "check") {
    const data = (await ask("POST", "/policy/check", { text })) as CheckedPolicy;
    return {
      data,
      text: data.valid ? "the draft is valid\n" : `${named(data.faults, file).join("\n")}\n`,
      failed: !data.valid,
    };
  }
  if (action === "replay") {
    const data = (await ask("POST", "/policy/replay", { text, days })) as Replay;
    const line = (name: string, { alert, quarantine, sever }: Replay["before"]): string =>
      `${name.padEnd(8)} alert ${alert}, quarantine ${quarantine}, sever ${sever}\n`;
    const { sessions, activeHours, before, after, changed } = data;
    const head = `${counted(sessions, "session")}, ${activeHours.toFixed(1)} active hours\n`;
    const rows = changed.map((each) => `${each.session} ${each.agent}: ${each.before}, with the draft ${each.after}\n`);
    return { data, text: head + line("now", before) + line("draft", after) + rows.join("") };
  }
  if (action !== "apply" || reason === undefined) throw new SamehandError("usage", "apply FILE --reason TEXT");
  const data = (await ask("PUT", "/policy", { text, reason })) as Outcome;
  return { data, text: `${data.outcome}\n` };
}

/** The gateway knows the text only: the file's name in place of `draft`. */
const named = (faults: readonly string[], file: string): string[] =>
  faults.map((fault) => (fault.startsWith("draft:") ? `${file}${fault.slice("draft".length)}` : fault));

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SamehandError("policy-invalid", `${file} cannot be read`, error);
  }
}
