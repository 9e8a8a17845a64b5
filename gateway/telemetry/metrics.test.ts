import { AggregatorRegistry } from "prom-client";
import t from "tap";
import { Tally } from "../core/tally.ts";
import { Metrics } from "./metrics.ts";
import { MetricsServer } from "./metrics-server.ts";

t.test("a scrape gives the tally as it stands, refusals by code, decisions by mode and verdict", async (t) => {
  const tally = new Tally();
  const reasons: string[] = [];
  const metrics = new Metrics({
    tally,
    version: "1.2.3",
    store: () => ({ waiting: 2, available: false, locks: 1, tripped: false }),
    settings: () => ({ sessionsLimit: 100, falseQuarantinesPerHour: 0.125, certificateEnds: null }),
    deliveries: () => [{ receiver: "siem", lagSeconds: 3, delivered: 5, failures: 1, deadLetters: 0 }],
  });
  const server = new MetricsServer({ host: "127.0.0.1", port: 0, metrics, unready: () => reasons });
  const { port } = await server.listen();
  t.teardown(async () => {
    await server.close();
    metrics.close();
  });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  tally.keyEvents = 7;
  tally.sessionsLive = 3;
  tally.refused("token-replayed");
  tally.decided("report", "quarantine");
  metrics.observeStore("write", 0.002);
  const { text } = await get("/metrics");
  t.match(text, /^samehand_store_seconds_bucket\{le="0.003",operation="write"\} 1$/m);
  t.match(text, /^samehand_key_events_total 7$/m);
  t.match(text, /^samehand_sessions 3$/m);
  t.match(text, /^samehand_refusals_total\{code="token-replayed"\} 1$/m);
  t.match(text, /^samehand_decisions_total\{mode="report",verdict="quarantine"\} 1$/m);
  t.match(text, /^samehand_build_info\{version="1.2.3"\} 1$/m);
  t.match(text, /^samehand_decisions_total\{mode="enforce",verdict="sever"\} 0$/m, "an increase from none is seen");
  t.match(text, /^samehand_signals_total\{signal="scripted-typing"\} 0$/m);
  t.match(text, /^samehand_delivery_lag_seconds\{receiver="siem"\} 3$/m);
  t.notMatch(text, /^samehand_certificate_not_after_seconds [0-9]/m);
  t.match(text, /^samehand_store_available 0$/m);
  t.match((await get("/metrics")).text, /^samehand_key_events_total 7$/m, "a second scrape counts nothing twice");
  t.same(await get("/healthz"), { status: 200, text: "ok\n" });
  t.equal((await get("/readyz")).status, 200);
  reasons.push("draining");
  t.same(await get("/readyz"), { status: 503, text: "draining\n" });
  t.equal((await get("/anything")).status, 404);
});

t.test("of several processes' event loops the slowest one's is told, and not the mean that hides it", async (t) => {
  const metrics = new Metrics({
    tally: new Tally(),
    version: "1.2.3",
    store: () => ({ waiting: 0, available: true, locks: 0, tripped: false }),
    settings: () => ({ sessionsLimit: 100, falseQuarantinesPerHour: 0.125, certificateEnds: null }),
    deliveries: () => [],
  });
  t.teardown(() => metrics.close());
  const name = "nodejs_eventloop_lag_p99_seconds";
  const known = (await metrics.json()) as { name: string; values: object[] }[];
  const lagging = (value: number) =>
    known.map((each) => (each.name === name ? { ...each, values: [{ value, labels: {} }] } : each));
  const all = AggregatorRegistry.aggregate([lagging(0.9), lagging(0.01), lagging(0.01)]);
  t.match(await all.metrics(), /^nodejs_eventloop_lag_p99_seconds 0.9$/m);
});
