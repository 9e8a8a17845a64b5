/** `samehand evaluate`: measures accuracy on a set of recordings. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Background, shippedBackground } from "../../models/background.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { type Distortion, parseJitter, undistorted } from "../offline/distortion.ts";
import { type CrossFolding, evaluate } from "../offline/evaluate.ts";
import { runSignals } from "./evaluate-signals.ts";
import { reportOf, reportText, writeReport } from "../offline/report.ts";

const help = `usage: samehand evaluate SET [OPTIONS]
       samehand evaluate signals SET... [OPTIONS]

Enrols each agent of a set from SET/enrol, scores each trial of SET/trials.csv (or
SET/takeovers.csv), and reports error rates by amount of input.

  --out DIR            write scores.csv, verdicts.csv (takeovers), report.md, report.json, plots, and
                       warnings.txt: what in the set was not as it should be, with file and line
  --background FILE    verify with this background (default: the shipped one)
  --farm on|off        take reference populations from the set's other agents, as a live farm does
                       (default on; never from the agent who is claimed)
  --only PERSON        only claims to be this person, by sessions of such people (repeat; a14* stands
                       for all that begin so); the farm remains everybody
  --everybody          each session against each person, not only the trials of the table
  --jitter exp:MS      delay every event by an exponential time with this mean, in order
  --stalls             hold up 3 % of the events by 160 ms
  --draw N             which draw of the delays of --jitter and --stalls and of the times of --control
                       (default 1): several tell how much of a figure is chance
  --clean-enrolment    leave enrolment undisturbed by --jitter and --stalls
  --control KIND       identities: enrol everybody from somebody else's recordings; times: draw the
                       times between events at random; shapes: and let no keys overlap, and
                       movements have a point each 30 px. Error rates must be near 50 %, or say
                       of what but timing they come
  --cross-fold K       train on the people of the other folds, test on each fold's own
  --train SET          with --cross-fold: train on this set too (repeat for more)
  --leave-out PERSON   with --train: a person not to train on, as set/person or set/p0* (repeat)
  --seed N             with --cross-fold (default 1)
  --network-steps N    with --cross-fold: train the keyboard's network for so long (0: no network)
  --json               print the report as JSON
`;

function options(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      out: { type: "string" },
      background: { type: "string" },
      farm: { type: "string", default: "on" },
      only: { type: "string", multiple: true, default: [] },
      everybody: { type: "boolean", default: false },
      jitter: { type: "string" },
      stalls: { type: "boolean" },
      draw: { type: "string", default: "1" },
      "clean-enrolment": { type: "boolean" },
      control: { type: "string" },
      "cross-fold": { type: "string" },
      train: { type: "string", multiple: true, default: [] },
      "leave-out": { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: "1" },
      "network-steps": { type: "string" },
    },
  });
}

/** @throws SamehandError `usage` */
export function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new SamehandError("usage", `--${name} ${text}: expected a whole number`);
  return Number(text);
}

export async function run(args: string[], io: Io): Promise<number> {
  if (args[0] === "signals") return runSignals(args.slice(1), io);
  const { values, positionals } = options(args);
  if (values.help === true) {
    io.stdout.write(help);
    return 0;
  }
  const [directory, ...rest] = positionals;
  if (directory === undefined || rest.length > 0) throw new SamehandError("usage", "evaluate takes one SET");
  if (values.farm !== "on" && values.farm !== "off") throw new SamehandError("usage", "--farm is on or off");
  const { control } = values;
  if (control !== undefined && control !== "identities" && control !== "times" && control !== "shapes")
    throw new SamehandError("usage", "--control is identities, times or shapes");
  const distortion: Distortion = {
    jitter: values.jitter === undefined ? 0 : parseJitter(values.jitter),
    stalls: values.stalls === true,
    ...(control === "times" || control === "shapes" ? { control } : {}),
    seed: wholeNumber("draw", values.draw),
  };
  const folding: CrossFolding | null =
    values["cross-fold"] === undefined
      ? null
      : {
          folds: wholeNumber("cross-fold", values["cross-fold"]),
          seed: wholeNumber("seed", values.seed),
          sets: values.train,
          leaveOut: values["leave-out"],
          ...(values["network-steps"] === undefined
            ? {}
            : { networkSteps: wholeNumber("network-steps", values["network-steps"]) }),
        };
  if (folding !== null && values.background !== undefined)
    throw new SamehandError("usage", "--cross-fold trains its own backgrounds: leave --background out");
  const { set, results, warnings } = await evaluate(
    {
      directory,
      enrolDistortion: values["clean-enrolment"] === true ? undistorted : distortion,
      probeDistortion: distortion,
      farm: values.farm === "on",
      only: values.only,
      everybody: values.everybody,
      permuted: control === "identities",
    },
    folding ?? Background.load(values.background ?? shippedBackground),
    progress(io),
  );
  const report = reportOf(set, results, warnings, `samehand evaluate ${args.join(" ")}`);
  if (values.out !== undefined) writeReport(values.out, set, results, warnings, report);
  io.stdout.write(values.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return 0;
}

/** At most about one line a second, but every warning. */
function progress(io: Io): (text: string) => void {
  let last = 0;
  return (text) => {
    const now = performance.now();
    if (!text.startsWith("warning") && now - last < 1000 * Math.min(2, availableParallelism())) return;
    last = now;
    io.stderr.write(`${text}\n`);
  };
}
