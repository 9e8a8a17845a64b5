/** The metrics of a process itself: processor, memory, event loop, as the library has them, and what it must not say. */
import { collectDefaultMetrics, type Registry } from "prom-client";

/** Their names end in `_total` although they are gauges, which Prometheus's own check refuses. */
const misnamed = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  for (const name of misnamed) registry.removeSingleMetric(name);
  // Of several processes the slowest tells: the library's mean over all hides one whose sessions wait.
  for (const metric of registry.getMetricsAsArray())
    if (metric.name.startsWith("nodejs_eventloop_lag"))
      metric.aggregator = metric.name.includes("_min_") ? "min" : "max";
}
