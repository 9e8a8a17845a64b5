/**
 * The one desktop-input type for every protocol: what a parser tells, what inspection hears.
 * Calls instead of event objects, so that an event allocates nothing.
 */
import type { ButtonMask, Keysym, Millis } from "./units.ts";

export type Modality = "keyboard" | "pointer";

export interface InputSink {
  /**
   * A key went down or up.
   * @param at when the bytes were read from the socket (monotonic), or the recording's timestamp
   */
  key(at: Millis, keysym: Keysym, pressed: boolean): void;
  /**
   * The pointer moved, or its buttons changed.
   * @param x desktop pixels; may lie outside of the desktop
   * @param mask the buttons that are down after the event
   */
  pointer(at: Millis, x: number, y: number, mask: ButtonMask): void;
}
