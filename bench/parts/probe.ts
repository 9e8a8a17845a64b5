/**
 * Loaded into a gateway that `bench/shares.ts` starts: each first SIGUSR2 begins to watch, each second one writes what was
 * seen into the folder PROBE_FOLDER. In turns the CPU profile and the garbage.
 */
import { Session } from "node:inspector";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

/** µs, and bytes of garbage, between two samples. */
const [interval, apart] = [100, 4096];

function watch(folder: string): void {
  const session = new Session();
  session.connect();
  let calls = 0;
  const write = (name: string, error: Error | null, profile: unknown): void => {
    writeFileSync(join(folder, name), JSON.stringify(error === null ? profile : { nodes: [] }));
  };
  const turns = [
    () => {
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval });
      session.post("Profiler.start");
    },
    () => session.post("Profiler.stop", (error, result) => write("cpu.json", error, result?.profile)),
    () =>
      session.post("HeapProfiler.startSampling", {
        samplingInterval: apart,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      }),
    () => session.post("HeapProfiler.stopSampling", (error, result) => write("garbage.json", error, result?.profile)),
  ];
  process.on("SIGUSR2", () => turns[calls++ % turns.length]());
}

const { PROBE_FOLDER: folder } = process.env;
if (isMainThread && folder !== undefined) watch(folder);
