/** The metric of the log itself: what it could not say. */
import { Counter, type Registry } from "prom-client";
import { output } from "./log.ts";

/** Registers what this process's log lost. */
export function registerLogMetric(registry: Registry): void {
  registry.registerMetric(
    new Counter({
      name: "samehand_log_lines_lost_total",
      help: "Lines of the log that were lost because nobody read the output.",
      registers: [],
      collect() {
        this.reset();
        this.inc(output.linesLost);
      },
    }),
  );
}
