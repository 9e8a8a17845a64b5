/** The metrics, rules and dashboard by Prometheus's own tools. */
import { readFileSync } from "node:fs";
import t from "tap";
import { parse } from "yaml";
import { promtool, rulesFolder, startPrometheus, watchers } from "../../test/parts/prometheus.ts";
import { Tally } from "../core/tally.ts";
import { Bus } from "../fleet/bus.ts";
import { FleetMetrics } from "./fleet-metrics.ts";
import { Metrics } from "./metrics.ts";
import { MetricsServer } from "./metrics-server.ts";

function gatewayMetrics(tally: Tally): Metrics {
  return new Metrics({
    tally,
    version: "1.2.3",
    store: () => ({ waiting: 0, available: true, locks: 0, tripped: false }),
    settings: () => ({ sessionsLimit: 100, falseQuarantinesPerHour: 0.125, certificateEnds: 4_000_000_000 }),
    deliveries: () => [{ receiver: "siem", lagSeconds: 0, delivered: 0, failures: 0, deadLetters: 0 }],
  });
}

/** Names of metrics in a PromQL expression. */
const named = (text: string): string[] => text.match(/\b(samehand|nodejs|process)_[a-z0-9_]+/g) ?? [];

t.test("metrics, rules and their tests pass Prometheus's own checks; a real one scrapes and evaluates", async (t) => {
  t.setTimeout(240_000);
  const parts = await watchers();
  if (parts === null) {
    t.pass("skipped: no Prometheus here");
    return;
  }
  const tally = new Tally();
  const metrics = gatewayMetrics(tally);
  const server = new MetricsServer({ host: "127.0.0.1", port: 0, metrics, unready: () => [] });
  const { port } = await server.listen();
  t.teardown(async () => {
    await server.close();
    metrics.close();
  });
  t.same(await promtool(parts, ["check", "metrics"], await metrics.expose()), { code: 0, said: "" });
  t.match(await promtool(parts, ["check", "rules", "samehand.rules.yml"]), { code: 0 });
  t.match(await promtool(parts, ["test", "rules", "samehand.rules.test.yml"]), { code: 0, said: /SUCCESS/ });
  t.match(await promtool(parts, ["check", "config", "prometheus.yml"]), { code: 0 });

  const prometheus = await startPrometheus(parts, `127.0.0.1:${port}`);
  t.teardown(() => prometheus.stop());
  t.equal((await prometheus.query("samehand_sessions_limit")).length, 1);
  tally.decided("enforce", "quarantine");
  t.match(await prometheus.firing("SamehandTakeover", 60_000), { severity: "critical" });
});

t.test(
  "every metric that a rule or the dashboard names is there, and every alert is in the operators' guide",
  async (t) => {
    const metrics = gatewayMetrics(new Tally());
    const fleet = new FleetMetrics(new Bus("0"), {
      workers: () => 2,
      lost: () => 0,
      deliveries: () => [],
      store: () => ({ available: true, waiting: 0, givenUp: 0 }),
    });
    const exposed = [await metrics.expose(), await fleet.expose()].join("\n");
    const names = new Set(exposed.split("\n").flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []));
    metrics.close();
    fleet.close();
    const rules = readFileSync(`${rulesFolder}samehand.rules.yml`, "utf8");
    const dashboard = readFileSync(`${rulesFolder}../grafana/samehand.json`, "utf8");
    const panels = (JSON.parse(dashboard) as { panels: { targets?: { expr: string }[] }[] }).panels;
    const expressions = [rules, ...panels.flatMap((panel) => panel.targets?.map(({ expr }) => expr) ?? [])];
    for (const name of new Set(expressions.flatMap(named)))
      t.ok(names.has(name.replace(/_(bucket|sum|count)$/, "")) || names.has(name), name);
    const guide = readFileSync(`${rulesFolder}../../docs/OPERATIONS.md`, "utf8");
    const { groups } = parse(rules) as { groups: { rules: { alert?: string }[] }[] };
    const { tests } = parse(readFileSync(`${rulesFolder}samehand.rules.test.yml`, "utf8")) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
    };
    const fired = new Set(
      tests
        .flatMap((each) => each.alert_rule_test.filter((test) => test.exp_alerts.length > 0))
        .map((test) => test.alertname),
    );
    for (const { alert } of groups.flatMap((group) => group.rules))
      if (alert !== undefined) {
        t.match(guide, new RegExp(`^### ${alert}$`, "m"));
        t.ok(fired.has(alert), `${alert} is fired in the rules' own tests`);
      }
    for (const name of [...names].filter((name) => name.startsWith("samehand_")))
      t.ok(guide.includes(`\`${name}\``), `${name} is in the operators' guide`);
  },
);
