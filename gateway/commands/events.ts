/** `samehand events`: the live stream of a running gateway, one JSON document a line, until it or the reader stops. */
import { parseArgs } from "node:util";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { apiHelp, apiOptions, apiRequest } from "./api.ts";

const help = `usage: samehand events [--json]

The live stream, one JSON document a line: first all live sessions, then what changes,
decisions, locks and approvals. Ends with 1 where the gateway ends it.

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
      for await (const line of lines(body)) if (line.startsWith("data: ")) io.stdout.write(`${line.slice(6)}\n`);
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
