import * as fc from "fast-check";
import t from "tap";
import { agentName, millis } from "../core/units.ts";
import { binomialTail, CircuitBreaker, type Trip } from "./circuit-breaker.ts";
import { Decider } from "./decider.ts";
import { defaultPolicyFile, loadPolicy } from "./policy-file.ts";
import { deriveThresholds, peakMinutes } from "./thresholds.ts";
import { defaultTrustOptions, highestSingle, TrustFilter } from "./trust.ts";

/** A fixed sequence of normal deviates (Park and Miller, Box and Muller). */
function deviates(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const step = 8000;
const minute = 60_000;
type Hand = "own" | "other";
/** One window's LLR: somebody else's, or one's own on a browser that changes all timing, speaks against the agent. */
const llrOf = (normal: () => number, hand: Hand): number => (hand === "own" ? 1.2 : -1.6) + 1.3 * normal();

/** The highest suspicion of genuine stretches, as the thresholds are derived from. */
function genuinePeaks(): number[] {
  const normal = deviates(7);
  const peaks: number[] = [];
  for (let person = 0; person < 200; person++) {
    const filter = new TrustFilter();
    let peak = -Infinity;
    for (let at = 0, end = peakMinutes * minute; at < 40 * minute; at += step) {
      for (const modality of ["keyboard", "pointer"] as const)
        filter.observe(millis(at), modality, llrOf(normal, "own"), 1);
      peak = Math.max(peak, filter.suspicion);
      if (at < end) continue;
      peaks.push(peak);
      peak = -Infinity;
      end += peakMinutes * minute;
    }
  }
  return peaks;
}

const rules = loadPolicy(defaultPolicyFile);
const thresholds = deriveThresholds(
  { falseQuarantines: 0.125, falseSevers: 0.005 },
  genuinePeaks(),
  [],
  highestSingle(defaultTrustOptions),
);

interface Fleet {
  readonly trips: readonly (Trip & { readonly minutes: number })[];
  readonly quarantined: ReadonlySet<number>;
}

/** A fleet at work for so many minutes; `hand` says whose timing an agent shows. */
function work(agents: number, minutes: number, seed: number, hand: (agent: number, at: number) => Hand): Fleet {
  const normal = deviates(seed);
  const breaker = new CircuitBreaker({ falseQuarantinesPerHour: () => 0.125 });
  const trips: (Trip & { minutes: number })[] = [];
  const quarantined = new Set<number>();
  const fleet = Array.from({ length: agents }, (_, index) => {
    const name = `agent-${index}`;
    breaker.entered(agentName(name));
    const agent = { name, maturity: "mature" as const, keystrokes: 9000, actions: 3000 };
    return {
      name: agentName(name),
      decider: new Decider({ mode: "enforce", rules, thresholds, agent, holdFor: millis(120_000) }),
    };
  });
  for (let at = 0; at < minutes * minute; at += step) {
    for (const [index, { name, decider }] of fleet.entries()) {
      const when = millis(at + index * 3);
      for (const modality of ["keyboard", "pointer"] as const) {
        const llr = llrOf(normal, hand(index, at));
        const decision = decider.evidence({ at: when, modality, llr, weight: 1, keystrokes: 0, actions: 0 });
        if (decision?.wouldBe !== "quarantine") continue;
        quarantined.add(index);
        const trip = breaker.mismatched(name, when);
        if (trip !== null) trips.push({ ...trip, minutes: when / minute });
      }
    }
  }
  return { trips, quarantined };
}

t.test("a browser update that changes the timing of a fleet of 1000 trips it within minutes", (t) => {
  const { trips } = work(1000, 40, 11, (_, at) => (at >= 30 * minute ? "other" : "own"));
  const first = trips[0];
  t.ok(first !== undefined, "tripped");
  t.ok((first?.minutes ?? 0) > 30, "not before the update");
  t.ok((first?.minutes ?? 99) < 35, `${first?.minutes.toFixed(1)} min: ${JSON.stringify(first)}`);
  t.ok((first?.mismatched ?? 999) <= 80, "most of the fleet was never touched");
  t.end();
});

t.test("a real attack on three of the fleet does not trip it, and the three are quarantined", (t) => {
  const { trips, quarantined } = work(1000, 60, 12, (agent, at) => (agent < 3 && at > 30 * minute ? "other" : "own"));
  t.same(trips, []);
  for (const attacked of [0, 1, 2]) t.ok(quarantined.has(attacked));
  t.end();
});

t.test("three attacked in a small farm do not trip it either; an update of the whole farm does", (t) => {
  for (const size of [3, 10, 25]) {
    const attack = work(size, 60, size, (agent, at) => (agent < 3 && at > 30 * minute ? "other" : "own"));
    t.same(attack.trips, [], `attack in a farm of ${size}`);
  }
  t.ok(work(25, 60, 5, (_, at) => (at > 30 * minute ? "other" : "own")).trips.length > 0, "update in a farm of 25");
  t.end();
});

t.test("mismatches count once an agent, within the window, and not again once armed", (t) => {
  const breaker = new CircuitBreaker({ falseQuarantinesPerHour: () => 0.125, window: 600_000 });
  for (let n = 0; n < 100; n++) breaker.entered(agentName(`a${n}`));
  const mismatch = (n: number, at: number) => breaker.mismatched(agentName(`a${n}`), millis(at));
  for (let n = 0; n < 40; n++) t.equal(mismatch(0, n), null, "one agent many times");
  for (let n = 0; n < 60; n++)
    t.equal(mismatch(n, n * 100_000 + 1000), null, "one agent in 100 s: within the budget's reach");
  let trip: Trip | null = null;
  let needed = 0;
  while (trip === null) trip = mismatch(needed++, 7_000_000);
  t.ok(needed > 12 && needed < 30, `${needed} of 100 at once`);
  t.match(trip, { active: 100 });
  breaker.reset();
  t.equal(mismatch(1, 7_000_001), null, "armed again: counts from none");
  t.end();
});

t.test("the binomial tail is right", (t) => {
  const direct = (n: number, p: number, k: number): number => {
    let sum = 0;
    for (let x = k; x <= n; x++) {
      let choose = 1;
      for (let i = 0; i < x; i++) choose *= (n - i) / (x - i);
      sum += choose * p ** x * (1 - p) ** (n - x);
    }
    return sum;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.nat(41),
      (n, p, k) => {
        const [got, want] = [binomialTail(n, p, k), direct(n, p, k)];
        return Math.abs(got - want) <= 1e-9 * want + 1e-300;
      },
    ),
  );
  t.end();
});

t.test("where the budget lets thousands mismatch, some hundred do not trip it", (t) => {
  t.equal(binomialTail(5000, 0.28, 100), 1, "far below the mean, where the first term is no number any more");
  t.ok(Math.abs(binomialTail(5000, 0.28, 1400) - 0.5) < 0.02);
  const breaker = new CircuitBreaker({ falseQuarantinesPerHour: () => 2 });
  const agents = Array.from({ length: 5000 }, (_, index) => agentName(`agent-${index}`));
  for (const agent of agents) breaker.entered(agent);
  t.ok(agents.slice(0, 300).every((agent, index) => breaker.mismatched(agent, millis(index)) === null));
  t.end();
});
