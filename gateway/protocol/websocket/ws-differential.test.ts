/** What this decoder accepts, the `ws` package's receiver reads the same way. */
import { setImmediate } from "node:timers/promises";
import t from "tap";
import * as ws from "ws";
import { cut, mutate } from "../../../test/fuzz/mutate.ts";
import { Random } from "../../../test/fuzz/random.ts";
import { targets } from "../../../test/fuzz/targets.ts";
import { SamehandError } from "../../core/errors.ts";
import { FrameDecoder } from "./frame-decoder.ts";

interface Receiver {
  write(chunk: Buffer): void;
  on(event: string, listener: (...args: never[]) => void): void;
}
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver };

const limit = 1000;

function ours(chunks: readonly Buffer[]): { heard: string[]; error: string } {
  const heard: string[] = [];
  const hear = (what: string) => (b: Uint8Array, s: number, e: number) =>
    heard.push(`${what} ${Buffer.from(b.subarray(s, e)).toString("hex")}`) > 0;
  const sink = {
    text: hear("text"),
    ping: hear("ping"),
    pong: hear("pong"),
    close: (code: number) => void heard.push(`close ${code}`),
  };
  const decoder = new FrameDecoder(sink, limit);
  try {
    for (const chunk of chunks) decoder.decode(Buffer.from(chunk), 0, chunk.length);
    return { heard, error: "" };
  } catch (error) {
    return { heard, error: (error as SamehandError).code };
  }
}

async function theirs(chunks: readonly Buffer[]): Promise<{ heard: string[]; error: string }> {
  const heard: string[] = [];
  let failure = "";
  const receiver = new Receiver({ isServer: true, maxPayload: limit, skipUTF8Validation: true });
  receiver.on("message", (data: Buffer) => heard.push(`text ${data.toString("hex")}`));
  receiver.on("ping", (data: Buffer) => heard.push(`ping ${data.toString("hex")}`));
  receiver.on("pong", (data: Buffer) => heard.push(`pong ${data.toString("hex")}`));
  receiver.on("conclude", (code: number) => heard.push(`close ${code}`));
  receiver.on("error", (error: Error) => (failure = error.message));
  for (const chunk of chunks) receiver.write(Buffer.from(chunk));
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  return { heard, error: failure };
}

t.test("mutants of frames that are accepted here are read the same there", async (t) => {
  const seed = Date.now() >>> 0;
  const random = new Random(seed);
  const corpus = targets.find(({ name }) => name === "frame-decoder")?.seeds ?? [];
  let compared = 0;
  for (let run = 0; run < 3000; run++) {
    const bytes = mutate(random.pick(corpus), corpus, random);
    const chunks = cut(bytes, random);
    const here = ours(chunks);
    if (here.error !== "" || here.heard.some((what) => what.startsWith("close"))) continue;
    const there = await theirs(chunks);
    // a header that is cut may be refused earlier there; with the rest of it, it is refused here too
    if (there.error !== "") here.error = ours([...chunks, Buffer.alloc(14)]).error === "" ? "" : there.error;
    t.strictSame(there, here, `seed ${seed}: ${bytes.toString("base64")}`);
    compared++;
  }
  t.ok(compared > 300, `${compared} compared`);
});
