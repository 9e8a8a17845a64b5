/** `samehand events`: the live stream of a running gateway, an event a line, until it or the reader stops. */
import { parseArgs } from "node:util";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import type { LiveEvent } from "../admin/contract/event.ts";
import type { Session } from "../admin/contract/session.ts";
import { apiHelp, apiOptions, apiRequest } from "./api.ts";
import { counted } from "./counted.ts";
import { printable } from "./table.ts";

const help = `usage: samehand events [--json]

The live stream: first all live sessions, then what changes, decisions with their
reasons, locks and approvals, as they come. With --json each line is an event as the
API has it (docs/API.md). Ends with 1 where the gateway ends it.

${apiHelp}`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: apiOptions });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  if (positionals.length > 0) throw new SamehandError("usage", positionals.join(" "));
  const stop = io.stop ?? new AbortController().signal;
  try {
    const { body } = await apiRequest(values, io)("GET", "/events", undefined, stop);
    if (body !== null)
      for await (const line of lines(body)) {
        if (!line.startsWith("data: ")) continue;
        const event = line.slice(6);
        for (const each of values.json ? [event] : wordsOf(JSON.parse(event) as LiveEvent))
          io.stdout.write(`${each}\n`);
      }
  } catch (error) {
    if (stop.aborted) return 0;
    throw error instanceof SamehandError ? error : new SamehandError("act-refused", "the stream was lost", error);
  }
  return 1;
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** An event as lines for people. A tick says nothing. */
function wordsOf(event: LiveEvent): string[] {
  return linesOf(event).map((line) => printable(`${new Date(event.at).toISOString()} ${line}`));
}

function linesOf(event: LiveEvent): string[] {
  switch (event.type) {
    case "snapshot":
      return [
        `${counted(event.sessions.length, "live session")}, mode ${event.mode}`,
        ...(event.silent === 0
          ? []
          : [`processes that do not answer, whose sessions are old or missing: ${event.silent}`]),
        ...event.sessions.map(sessionLine),
      ];
    case "changes":
      return [...event.sessions.map(sessionLine), ...event.ended.map((id) => `session ${id} ended`)];
    case "decision": {
      const { verdict, wouldBe, trust, because, reasons } = event.decision;
      const why = [because, ...reasons.map(({ text }) => text)].join("; ");
      return [
        `decision on ${event.agent}, session ${event.session}: ${verdict}, would be ${wouldBe}, trust ${trust.toFixed(1)}: ${why}`,
      ];
    }
    case "agent":
      return [`agent ${event.agent} ${event.change}`];
    case "approval":
      return [`approval ${event.approval} ${event.change}`];
    case "signed-out":
      return [`the token may not listen any more`];
    default:
      return [];
  }
}

const sessionLine = ({ id, agent, trust, verdict, wouldBe }: Session): string =>
  `session ${id} of ${agent}: trust ${trust.toFixed(1)}, ${verdict}, would be ${wouldBe}`;
