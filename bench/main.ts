/** `npm run bench`: the gateway beside its peers, interleaved and paired in one run. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureParts } from "../demo/parts.ts";
import type { Contender, Start } from "./contenders/contender.ts";
import { haproxy, nginx } from "./contenders/native.ts";
import { bare, direct, guacamoleLite, httpProxy, plugged, relay, splice } from "./contenders/peers.ts";
import { samehand } from "./contenders/samehand.ts";
import { ours, uninspected } from "./goals.ts";
import { atRest } from "./meter.ts";
import { type Job, jobs, quickContenders } from "./jobs.ts";
import { jsonReport, markdownReport, terminalReport } from "./report.ts";
import { Rig } from "./rig.ts";
import { Samples } from "./samples.ts";

const usage = `usage: npm run bench -- [OPTIONS]

  --quick              the goals' loads and peers, once: two minutes
  --goals              the goals' loads and peers, at full length
  --repetitions N      of everything (5; 1 with --quick)
  --only LIST          families: display,input,set-up,memory,verdict,desktop,workers,capacity,event
  --load TEXT          only loads that contain TEXT, such as 'heavy, 50'; '=1 session' only the load of that name
  --contenders LIST    only these, by name
  --proxy NAME=URL,PID measures this proxy too; it must pass WebSocket on to the front's port
  --checkout NAME=DIR  the gateway of another checkout, its libraries installed, such as an earlier version
  --front PORT         the port of the synthetic guacd's WebSocket front
  --guacd PORT         the port on which it speaks as guacd
  --out DIR            where tables and JSON go (out/bench)
`;

function options() {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      goals: { type: "boolean", default: false },
      repetitions: { type: "string" },
      only: { type: "string" },
      load: { type: "string", default: "" },
      contenders: { type: "string" },
      proxy: { type: "string", multiple: true, default: [] },
      checkout: { type: "string", multiple: true, default: [] },
      front: { type: "string", default: "0" },
      guacd: { type: "string", default: "0" },
      out: { type: "string", default: "out/bench" },
      help: { type: "boolean", default: false },
    },
  });
  return { ...values, times: Number(values.repetitions ?? (values.quick ? 1 : 5)) };
}
type Options = ReturnType<typeof options>;

/** One contender: how to start it, and the one that runs for all jobs but those that need a fresh one. */
class Entrant {
  readonly name: string;
  readonly rig: Rig;
  readonly start: Start;
  #live: Contender | null = null;

  constructor(name: string, start: Start, rig: Rig) {
    this.name = name;
    this.start = start;
    this.rig = rig;
  }

  /** Starts it anew where it has died of the load. */
  live = async (): Promise<Contender> => {
    if (this.#live?.pids.some((pid) => !existsSync(`/proc/${pid}`))) {
      await this.#live.stop();
      this.#live = null;
    }
    this.#live ??= await this.#rested();
    return this.#live;
  };

  /** Started, and done with what it prepares beside its first sessions: that is no load's cost. */
  async #rested(): Promise<Contender> {
    const contender = await this.start(this.rig.setting);
    await atRest(contender.pids);
    return contender;
  }

  async stop(): Promise<void> {
    await this.#live?.stop();
  }
}

/** The names of what the caller brings. */
const given = ({ proxy, checkout }: Options): string[] => [...proxy, ...checkout].map((text) => text.split("=")[0]);

/** Another checkout's gateway, as that checkout's own bench starts it. */
async function checkedOut(text: string): Promise<readonly [string, Start]> {
  const [name, folder] = text.split("=");
  const path = pathToFileURL(resolve(folder, "bench/contenders/samehand.ts")).href;
  const start = ((await import(path)) as { samehand: typeof samehand }).samehand({ agents: 100 });
  return [
    name,
    async (setting) => {
      const own = join(setting.folder, name);
      mkdirSync(own, { recursive: true });
      return start({ ...setting, folder: own });
    },
  ];
}

async function entrants(rig: Rig, wanted: Options): Promise<Entrant[]> {
  const parts = await ensureParts("proxies", (line) => process.stderr.write(`${line}\n`));
  const all: readonly (readonly [string, Start])[] = [
    [ours, samehand({ agents: 100 })],
    [uninspected, bare],
    ["guacamole-lite", guacamoleLite],
    ["ws relay", relay],
    ["http-proxy-3", httpProxy],
    ["haproxy WebSocket", haproxy(parts, "http")],
    ["nginx WebSocket", nginx(parts)],
    ["haproxy TCP", haproxy(parts, "tcp")],
    ["Node raw splice", splice],
    ...wanted.proxy.map((text) => [text.split("=")[0], plugged(text)] as const),
    ...(await Promise.all(wanted.checkout.map(checkedOut))),
    ["direct", direct],
  ];
  const names =
    wanted.contenders?.split(",") ?? (wanted.quick || wanted.goals ? quickContenders : all.map(([name]) => name));
  return all
    .filter(([name]) => names.includes(name) || given(wanted).includes(name))
    .map(([name, start]) => new Entrant(name, start, rig));
}

async function measure(
  job: Job,
  entrant: Entrant,
  repetition: number,
  quick: boolean,
  samples: Samples,
): Promise<void> {
  const clock = (performance.now() / 1000).toFixed(0);
  process.stderr.write(`${clock} s, ${repetition + 1}: ${job.family}, ${job.load}: ${entrant.name}\n`);
  try {
    for (const { quantity, unit, value } of await job.run(entrant, quick))
      samples.add({ family: job.family, load: job.load, quantity, unit }, entrant.name, repetition, value);
  } catch (error) {
    process.stderr.write(`   ${error instanceof Error ? error.message : String(error)}\n`);
    await entrant.rig.clear();
  }
}

/** The contenders' order turns with each repetition and job, so that none always comes after the same one. */
async function run(wanted: Options, all: readonly Entrant[], samples: Samples): Promise<void> {
  const families = wanted.only?.split(",");
  const theirs = given(wanted);
  const chosen = jobs.filter(
    (job) =>
      (!(wanted.quick || wanted.goals) || job.quick) &&
      (families?.includes(job.family) ?? true) &&
      (wanted.load.startsWith("=") ? job.load === wanted.load.slice(1) : job.load.includes(wanted.load)),
  );
  for (let repetition = 0; repetition < wanted.times; repetition++)
    for (const [index, job] of chosen.entries()) {
      const fitting = all.filter(
        ({ name }) =>
          job.fits(name) && (!wanted.quick || theirs.includes(name) || (job.quickFor?.includes(name) ?? true)),
      );
      const turn = (repetition + index) % fitting.length;
      for (const entrant of [...fitting.slice(turn), ...fitting.slice(0, turn)])
        await measure(job, entrant, repetition, wanted.quick, samples);
    }
}

function write(wanted: Options, samples: Samples, names: readonly string[]): void {
  mkdirSync(wanted.out, { recursive: true });
  const name = wanted.quick
    ? "quick"
    : `${wanted.goals ? "goals" : "all"}${wanted.only === undefined ? "" : `-${wanted.only}`}`;
  writeFileSync(join(wanted.out, `${name}.json`), `${JSON.stringify(jsonReport(samples, names), null, 2)}\n`);
  writeFileSync(join(wanted.out, `${name}.md`), markdownReport(samples, names));
  process.stdout.write(`${terminalReport(samples, names)}\n\nwritten to ${wanted.out}/${name}.json and .md\n`);
}

const wanted = options();
if (wanted.help) process.stdout.write(usage);
else {
  const rig = await Rig.start({ front: Number(wanted.front), guacd: Number(wanted.guacd) });
  const all = await entrants(rig, wanted);
  try {
    const samples = new Samples();
    await run(wanted, all, samples);
    write(
      wanted,
      samples,
      all.map(({ name }) => name),
    );
  } finally {
    for (const entrant of all) await entrant.stop();
    await rig.stop();
  }
}
