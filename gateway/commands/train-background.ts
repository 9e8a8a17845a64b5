/** `samehand train-background`: learns what people in general type and point like. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Background, shippedBackground } from "../../models/background.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { names } from "../offline/set.ts";
import { measureAgain, trainBackground, trainMeasured, type TrainOptions } from "../offline/train.ts";
import { wholeNumber } from "./evaluate.ts";

const help = `usage: samehand train-background SET... [OPTIONS]

Learns a background from sets of recordings: each agent's enrolment and own later sessions.
The same sets and seed give the same file.

  --out FILE           where to write it (default: the shipped background)
  --seed N             seed of everything random (default 1)
  --calibrate SET      a set whose typists only calibrate and give peaks: nothing is learned
                       from them (repeat)
  --leave-out PERSON   a person not to learn from, as set/person or set/p0* (repeat)
  --network-steps N    train the keyboard's network for so long (0: no network; faster)
  --measure FILE       take this background, trained from the same sets before, and only calibrate
                       its keyboard and measure suspicion anew: after a change of the likelihood's
                       bounds or of the trust filter
  --no-peaks           skip measuring how high suspicion rises for people kept out of the training:
                       faster, but thresholds then come from a rule of thumb
  --json               print what was learned from as JSON
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      out: { type: "string" },
      seed: { type: "string", default: "1" },
      "network-steps": { type: "string" },
      measure: { type: "string" },
      "no-peaks": { type: "boolean" },
      calibrate: { type: "string", multiple: true, default: [] },
      "leave-out": { type: "string", multiple: true, default: [] },
    },
  });
  if (values.help === true) {
    io.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) throw new SamehandError("usage", "train-background takes one SET or more");
  const options: TrainOptions = {
    seed: wholeNumber("seed", values.seed),
    calibrate: values.calibrate,
    wanted: (set, person) => !values["leave-out"].some((pattern) => names(pattern, `${set}/${person}`)),
    ...(values["network-steps"] === undefined
      ? {}
      : { networkSteps: wholeNumber("network-steps", values["network-steps"]) }),
    onProgress: (what) => io.stderr.write(`${what}\n`),
    onWarning: (what) => io.stderr.write(`warning: ${what}\n`),
  };
  const train = values["no-peaks"] === true ? trainBackground : trainMeasured;
  const background =
    values.measure === undefined
      ? train(positionals, options)
      : measureAgain(positionals, options, Background.load(values.measure));
  const file = values.out ?? fileURLToPath(shippedBackground);
  const bytes = background.encode();
  writeFileSync(file, bytes);
  const { sets, keyboardPeople, pointerPeople } = background.facts;
  if (values.json === true)
    io.stdout.write(`${JSON.stringify({ file, bytes: bytes.length, ...background.facts }, null, 2)}\n`);
  else
    io.stdout.write(
      `${file}: ${bytes.length} bytes, ${keyboardPeople} people at the keyboard, ${pointerPeople} at the pointer, from ${sets.map((set) => set.set).join(", ")}\n`,
    );
  return 0;
}
