/** `samehand sessions`: the live sessions of a running gateway, and what an operator does to one. */
import { parseArgs } from "node:util";
import type { Page } from "../admin/contract/common.ts";
import type { Outcome } from "../admin/contract/common.ts";
import type { PastSession, Session, SessionDetail } from "../admin/contract/session.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { api, apiHelp, apiOptions } from "./api.ts";
import { table } from "./table.ts";

const help = `usage: samehand sessions [list] [--search TEXT] [--json]
       samehand sessions past [--limit N] [--after NEXT] [--json]
       samehand sessions show ID [--json]
       samehand sessions quarantine|release|sever ID --reason TEXT [--json]

${apiHelp}`;

const acts = ["quarantine", "release", "sever"];

export async function run(args: string[], io: Io): Promise<number> {
  const options = {
    ...apiOptions,
    search: { type: "string" },
    reason: { type: "string" },
    limit: { type: "string" },
    after: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [action = "list", id, ...rest] = positionals;
  if (rest.length > 0 || !["list", "past", "show", ...acts].includes(action))
    throw new SamehandError("usage", positionals.join(" "));
  if (["list", "past"].includes(action) !== (id === undefined))
    throw new SamehandError("usage", `${action}: a session's id`);
  const { reason } = values;
  if (acts.includes(action) && reason === undefined) throw new SamehandError("usage", `${action}: --reason TEXT`);
  const ask = api(values, io);
  const out = (data: unknown, text: string): void =>
    void io.stdout.write(values.json ? `${JSON.stringify(data)}\n` : text);
  if (action === "list") {
    const query = new URLSearchParams({
      limit: "5000",
      ...(values.search === undefined ? {} : { search: values.search }),
    });
    const page = (await ask("GET", `/sessions?${query.toString()}`)) as Page<Session> & { readonly silent: number };
    if (page.silent > 0)
      io.stderr.write(
        `samehand: not all sessions can be seen: processes of the gateway that do not answer: ${page.silent}\n`,
      );
    out(page.items, listed(page.items));
  } else if (action === "past") {
    const { limit = "100", after } = values;
    const query = new URLSearchParams({ limit, ...(after === undefined ? {} : { after }) });
    const page = (await ask("GET", `/past-sessions?${query.toString()}`)) as Page<PastSession>;
    out(page, pastListed(page));
  } else if (action === "show") {
    const detail = (await ask("GET", `/sessions/${id}`).catch(unlessOver)) as SessionDetail | null;
    if (detail !== null) out(detail, shown(detail));
    else {
      const past = (await ask("GET", `/past-sessions/${id}`)) as PastSession;
      out(past, pastShown(past));
    }
  } else {
    const outcome = (await ask("POST", `/sessions/${id}/${action}`, { reason })) as Outcome;
    out(outcome, `${outcome.outcome}${outcome.approval === null ? "" : `: ${outcome.approval}`}\n`);
  }
  return 0;
}

/** @returns null for a session that does not live @throws anything else */
function unlessOver(error: unknown): null {
  if (error instanceof SamehandError && error.code === "session-unknown") return null;
  throw error;
}

function pastShown(session: PastSession): string {
  const { startedAt, endedAt, ...rest } = session;
  const time = (at: number | null): string => (at === null ? "" : new Date(at).toISOString());
  const facts = { ...rest, startedAt: time(startedAt), endedAt: time(endedAt) };
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(12)} ${value ?? ""}\n`)
    .join("");
}

function listed(sessions: readonly Session[]): string {
  const head = ["session", "agent", "connection", "trust", "verdict", "would be", "rule", "worker"];
  const rows = sessions.map(({ id, agent, connection, trust, verdict, wouldBe, rule, worker }) => [
    id,
    agent,
    connection,
    trust.toFixed(1),
    verdict,
    wouldBe,
    rule,
    worker,
  ]);
  return rows.length === 0 ? "no live sessions\n" : table(head, rows);
}

function pastListed({ items, next }: Page<PastSession>): string {
  const head = ["session", "agent", "connection", "started", "verdict", "would be"];
  const rows = items.map((each) => [
    each.id,
    each.agent,
    each.connection,
    new Date(each.startedAt).toISOString(),
    each.verdict,
    each.wouldBe,
  ]);
  if (rows.length === 0) return "no past sessions\n";
  return `${table(head, rows)}${next === null ? "" : `more: --after ${next}\n`}`;
}

function shown(session: SessionDetail): string {
  const { id, agent, connection, trust, verdict, wouldBe, mode, llr, keystrokes, actions } = session;
  const facts = { id, agent, connection, trust, verdict, wouldBe, mode, keystrokes, actions, ...llr };
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(12)} ${value}\n`);
  const head = ["at", "verdict", "would be", "trust", "because", "reasons"];
  const rows = session.decisions.map((each) => [
    new Date(each.at).toISOString(),
    each.verdict,
    each.wouldBe,
    each.trust.toFixed(1),
    each.because,
    each.reasons.map(({ text }) => text).join("; "),
  ]);
  const next = session.next.map((each) => `next: ${each.verdict} when ${each.when}\n`);
  return [...lines, ...next, ...(rows.length === 0 ? [] : ["\n", table(head, rows)])].join("");
}
