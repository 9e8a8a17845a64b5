/** The goals, each next to how its figure is taken from the samples. */
import type { Samples } from "./samples.ts";
import { type Figure, figure } from "./statistics.ts";

export const ours = "samehand";
export const uninspected = "samehand uninspected";
export const lite = "guacamole-lite";

export interface Goal {
  readonly what: string;
  readonly unit: string;
  readonly goal: number;
  readonly stretch: number;
  /** Whether more is better; else less is. */
  readonly more: boolean;
  /** One value a repetition. */
  values(samples: Samples): number[];
}

export interface Standing {
  readonly goal: Goal;
  readonly figure: Figure;
  readonly state: "stretch" | "met" | "missed" | "not measured";
}

const display = (scene: string): string => `display: ${scene}, 50 sessions: CPU`;
const divide = (one: number, other: number): number => one / other;
const subtract = (one: number, other: number): number => one - other;

/** `other`'s cost divided by ours, or ours divided by it. */
const ratio =
  (measure: string, other: string, inverse = false) =>
  (samples: Samples) =>
    inverse ? samples.paired(measure, other, ours, divide) : samples.paired(measure, ours, other, divide);
const added = (quantity: string) => (samples: Samples) =>
  samples.paired(`input: 100 sessions: ${quantity}`, ours, "direct", subtract).map((micros) => micros / 1000);
const own = (measure: string) => (samples: Samples) => samples.values(measure, ours).filter(Number.isFinite);
/** The relay with a judge that severs at a known event: the moment of the verdict cannot be seen from outside. */
const cut = (quantity: string) => (samples: Samples) =>
  samples.values(`verdict: sever: ${quantity}`, uninspected).filter(Number.isFinite);

const less = (what: string, unit: string, goal: number, stretch: number, values: Goal["values"]): Goal => ({
  what,
  unit,
  goal,
  stretch,
  more: false,
  values,
});
const more = (what: string, goal: number, stretch: number, values: Goal["values"]): Goal => ({
  what,
  unit: "x",
  goal,
  stretch,
  more: true,
  values,
});

const withLite = `display CPU a GB, ${lite} divided by ours`;

export const goals: readonly Goal[] = [
  more(`${withLite}: heavy`, 6, 9, ratio(display("heavy"), lite, true)),
  more(`${withLite}: paced`, 6, 9, ratio(display("paced"), lite, true)),
  more(`${withLite}: small tiles`, 60, 90, ratio(display("tiles"), lite, true)),
  less(
    "display CPU a GB, ours divided by Node raw splice: heavy",
    "x",
    1.25,
    1,
    ratio(display("heavy"), "Node raw splice"),
  ),
  less("display CPU a GB, ours divided by haproxy TCP: heavy", "x", 1.1, 0.9, ratio(display("heavy"), "haproxy TCP")),
  less("input at 100 sessions, added over direct: p50", "ms", 0.2, 0.15, added("p50")),
  less("input at 100 sessions, added over direct: p99", "ms", 0.5, 0.35, added("p99")),
  less("input at 100 sessions, added over direct: p99.9", "ms", 2, 1, added("p99.9")),
  less(`CPU a message, ours divided by ${lite}`, "x", 0.8, 0.6, ratio("input: 100 sessions: CPU", lite)),
  less(
    "CPU a message, ours divided by haproxy WebSocket",
    "x",
    1.4,
    1,
    ratio("input: 100 sessions: CPU", "haproxy WebSocket"),
  ),
  less(
    `input p99 beside 40 MB/s of display, ours divided by ${lite}`,
    "x",
    0.1,
    0.05,
    ratio("input: 100 sessions, display beside: p99", lite),
  ),
  less("inspecting and scoring, an input event", "µs", 5, 1, own("event: 100 enrolled, 100 live: CPU")),
  less("stalled viewer, growth in 4 s", "MB", 1, 0.05, own("memory: one stalled viewer, 4 s: growth")),
  less("memory a session: fresh", "KB", 20, 12, own("memory: idle sessions: fresh")),
  less("memory a session: after a burst", "KB", 40, 25, own("memory: idle sessions: after a burst")),
  less(`session set-up CPU, ours divided by ${lite}`, "x", 0.6, 0.4, ratio("set-up: 8 at a time: CPU", lite)),
  less("input after a verdict", "instructions", 0, 0, cut("input after it")),
  less("verdict to the error instruction, p99", "ms", 5, 1, cut("error instruction p99")),
];

/** Where each goal stands after what was measured. */
export function standings(samples: Samples): Standing[] {
  return goals.map((goal) => {
    const reached = figure(goal.values(samples));
    if (reached.repetitions === 0) return { goal, figure: reached, state: "not measured" };
    const better = (bound: number): boolean => (goal.more ? reached.median >= bound : reached.median <= bound);
    return { goal, figure: reached, state: better(goal.stretch) ? "stretch" : better(goal.goal) ? "met" : "missed" };
  });
}
