import t from "tap";
import { systemClock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { agentName, millis } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";
import { openStore } from "../store/open-store.ts";
import { Enforcement } from "./enforcement.ts";

const keys = parseKeyRing(newKeyLine(new Date(0)), "test");
const held = (at: number, rule = "wrong-hand"): Decision => ({
  at: millis(at),
  verdict: "quarantine",
  wouldBe: "quarantine",
  mode: "enforce",
  trust: 1,
  rule,
  reasons: [],
  keystrokes: 0,
  actions: 0,
});

t.test("a tripped breaker stops enforcement, through a restart, until a person arms it", async (t) => {
  const path = `${t.testdir()}/store.db`;
  const lines: string[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const start = () => {
    const store = openStore({ path, keys, pollMillis: 20 });
    const enforcement = new Enforcement({ store, log, clock: systemClock, falseQuarantinesPerHour: () => 0.125 });
    return { store, enforcement };
  };
  const { store, enforcement } = start();
  for (let n = 0; n < 100; n++) enforcement.entered(agentName(`a${n}`));
  for (let n = 0; n < 60; n++) enforcement.decided(agentName(`a${n}`), held(n, "presence-idle"));
  t.equal(enforcement.mode("enforce"), "enforce", "time that passed says nothing of the hand");
  for (let n = 0; n < 8; n++) enforcement.decided(agentName(`a${n}`), held(n));
  t.equal(enforcement.mode("enforce"), "enforce");
  for (let n = 0; n < 40; n++) enforcement.decided(agentName(`a${n}`), held(n));
  t.equal(enforcement.mode("enforce"), "report");
  t.equal(lines.length, 1, "one alert");
  t.match(store.audit.newest(1), [{ actor: "gateway", action: "breaker.tripped", detail: { active: 100 } }]);
  store.close();

  const again = start();
  t.equal(again.enforcement.mode("enforce"), "report", "a restart does not arm it");
  const other = openStore({ path, keys });
  t.equal(other.breaker.arm({ actor: "operator:olga", why: "the browser was rolled back" }), true);
  t.equal(other.breaker.arm({ actor: "operator:olga", why: "again" }), false);
  t.match(other.audit.newest(1), [{ actor: "operator:olga", action: "breaker.armed" }]);
  other.close();
  while (again.store.breaker.tripped !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(again.enforcement.mode("enforce"), "enforce", "every gateway hears that it was armed");
  t.equal(again.enforcement.mode("report"), "report");
  for (let n = 0; n < 40; n++) again.enforcement.decided(agentName(`a${n}`), held(n, "mode-changed"));
  t.equal(again.enforcement.mode("enforce"), "enforce", "what stood before it was armed does not trip it at once");
  again.store.close();
});
