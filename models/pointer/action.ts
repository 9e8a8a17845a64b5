/**
 * A pointer action: what the hand did between two pauses, as numbers without any place on the screen.
 * The classical features follow Antal and Egyed-Zsigmond, "Intrusion detection using mouse dynamics" (IET
 * Biometrics 2019); those of the button, the pauses, the wheel and the common rates are ours.
 */
import type { Millis } from "../../gateway/core/units.ts";

/**
 * What kind of action: a run of movement, a movement that ends in a click, a drag, a burst of wheel
 * clicks, or a click with (almost) no movement before it.
 */
export const kinds = ["move", "click", "drag", "wheel", "tap"] as const;
export type Kind = (typeof kinds)[number];
export const kindIndex: Readonly<Record<Kind, number>> = { move: 0, click: 1, drag: 2, wheel: 3, tap: 4 };

/** How a feature is laid on its bins: evenly, by its logarithm, or by its inverse hyperbolic sine. */
export type Scale = "linear" | "log" | "asinh";

/** What is known about one feature. `low` and `high` bound the bins; values outside fall into the outermost bin. */
export interface Feature {
  readonly name: string;
  readonly scale: Scale;
  readonly low: number;
  readonly high: number;
  /** What it says of somebody with more of it, and with less of it, in words. Empty: not told. */
  readonly more: string;
  readonly less: string;
}

const feature = (name: string, scale: Scale, low: number, high: number, more = "", less = ""): Feature => ({
  name,
  scale,
  low,
  high,
  more,
  less,
});

/** Kinematics at one rate of sampling. Spans in ms, speeds in pixels a second. */
const kinematics = (rate: string): Feature[] => [
  feature(`${rate}-speed-sd`, "log", 5, 8000, "moves less evenly", "moves more evenly"),
  feature(`${rate}-speed-max`, "log", 20, 20000, "has faster bursts of movement", "has slower bursts of movement"),
  feature(`${rate}-speed-crest`, "log", 1, 12, "moves less evenly", "moves more evenly"),
  feature(
    `${rate}-acceleration-mean`,
    "log",
    50,
    300000,
    "speeds up and slows down harder",
    "speeds up and slows down more gently",
  ),
  feature(
    `${rate}-acceleration-sd`,
    "log",
    50,
    500000,
    "speeds up and slows down harder",
    "speeds up and slows down more gently",
  ),
  feature(`${rate}-acceleration-max`, "log", 50, 800000, "starts harder", "starts more gently"),
  feature(`${rate}-acceleration-min`, "log", 50, 800000, "stops harder", "stops more gently"),
  feature(`${rate}-jerk-mean`, "log", 500, 5e7, "moves more abruptly", "moves more smoothly"),
  feature(`${rate}-jerk-sd`, "log", 500, 8e7, "moves more abruptly", "moves more smoothly"),
  feature(`${rate}-turn-mean`, "log", 0.02, 60, "curves more", "curves less"),
  feature(`${rate}-turn-sd`, "log", 0.02, 100, "curves more", "curves less"),
  feature(`${rate}-peak-share`, "linear", 0, 1, "reaches top speed later", "reaches top speed sooner"),
  feature(`${rate}-peak-time`, "log", 5, 4000, "reaches top speed later", "reaches top speed sooner"),
  feature(`${rate}-peaks`, "log", 0.2, 30, "moves in more small steps", "moves in fewer steps"),
  feature(`${rate}-rise`, "log", 5, 2000, "speeds up for longer", "speeds up for a shorter time"),
  feature(`${rate}-end-speed`, "log", 1, 5000, "arrives faster", "arrives slower"),
  feature(`${rate}-homing`, "linear", 0, 1, "takes longer to settle on a target", "settles on a target sooner"),
  feature(`${rate}-horizontal`, "log", 1, 8000, "", ""),
  feature(`${rate}-vertical`, "log", 1, 8000, "", ""),
];

/** Every feature in the order of `PointerAction.features`. */
export const features: readonly Feature[] = [
  feature("path", "log", 2, 8000, "makes longer movements", "makes shorter movements"),
  feature("chord", "log", 1, 4000, "makes longer movements", "makes shorter movements"),
  feature("straightness", "linear", 0, 1, "moves straighter", "moves in wider curves"),
  feature("direction", "linear", -Math.PI, Math.PI),
  feature("turning", "log", 0.05, 100, "wiggles more", "wiggles less"),
  feature("sharp-turns", "linear", 0, 1, "changes direction more abruptly", "changes direction less abruptly"),
  feature("deviation", "log", 0.002, 5, "moves in wider curves", "moves straighter"),
  feature("bow", "asinh", -1, 1),
  feature("overshoot", "log", 0.002, 3, "overshoots targets more", "overshoots targets less"),
  feature("curvature-mean", "log", 0.002, 2, "curves more", "curves less"),
  feature("curvature-sd", "log", 0.002, 2, "curves more", "curves less"),
  feature("duration", "log", 15, 8000, "takes longer for a movement", "takes less time for a movement"),
  feature("longest-stop", "log", 5, 1000, "stops longer within a movement", "stops less within a movement"),
  feature("stopped", "linear", 0, 1, "stops longer within a movement", "stops less within a movement"),
  feature("speed", "log", 5, 8000, "moves faster", "moves slower"),
  feature("pace", "log", 3, 800, "moves slower for the distance", "moves faster for the distance"),
  feature("gap-before", "log", 3, 20000, "pauses longer between actions", "pauses less between actions"),
  feature("pause-after-click", "log", 3, 20000, "pauses longer after clicks", "pauses less after clicks"),
  feature("pause-before-click", "log", 3, 5000, "pauses longer before clicks", "pauses less before clicks"),
  feature("hold", "log", 15, 1500, "holds the button longer", "holds the button for a shorter time"),
  feature("double-click", "log", 15, 1000, "double-clicks slower", "double-clicks faster"),
  feature("slip", "log", 0.3, 30, "moves more while clicking", "moves less while clicking"),
  feature("right-button", "linear", 0, 1, "uses the right button more", "uses the right button less"),
  feature("drag-start", "log", 3, 3000, "waits longer before dragging", "waits less before dragging"),
  feature("drag-end", "log", 3, 3000, "waits longer before letting go", "lets go sooner"),
  feature("wheel-clicks", "log", 1, 200, "turns the wheel further", "turns the wheel less far"),
  feature("wheel-interval", "log", 3, 1000, "turns the wheel slower", "turns the wheel faster"),
  feature("wheel-fastest", "log", 1, 1000, "turns the wheel slower", "turns the wheel faster"),
  feature("wheel-unevenness", "log", 1, 1000, "turns the wheel less evenly", "turns the wheel more evenly"),
  feature("wheel-reversals", "linear", 0, 0.5, "turns the wheel back more", "turns the wheel back less"),
  feature("wheel-down", "linear", 0, 1),
  ...kinematics("mid"),
  ...kinematics("slow"),
];

export const featureCount = features.length;
/** Where each feature stands in `PointerAction.features`. */
export const featureIndex: ReadonlyMap<string, number> = new Map(features.map((each, index) => [each.name, index]));

/** One observed action. */
export interface PointerAction {
  /** When it ended. */
  readonly at: Millis;
  readonly kind: number;
  /** One value a feature; NaN where the action has none. */
  readonly features: Float32Array;
  /** The same action as it would have looked through 20 ms of network jitter; lets a clean profile meet a shaky session. */
  readonly jittered: Float32Array;
}
