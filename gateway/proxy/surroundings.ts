/** What all tunnels of a proxy share. */
import type { Clock } from "../core/clock.ts";
import type { SamehandError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Judge } from "../core/session.ts";
import type { Tally } from "../core/tally.ts";
import type { Millis } from "../core/units.ts";
import type { ProxyOptions } from "./options.ts";
import type { Output } from "./output.ts";
import type { Tokens } from "./token/ticket.ts";

export interface Surroundings<Tunnel> {
  readonly judge: Judge;
  readonly tokens: Tokens;
  readonly tally: Tally;
  readonly log: Log;
  readonly clock: Clock;
  readonly output: Output;
  /** A reload puts others in their place. */
  options: ProxyOptions;
  /** True where the event loop was blocked until just before `at`. */
  late(at: Millis): boolean;
  /** The tunnel is ready, or its hold began or ended: what it means for others on the same desktop. */
  shared(tunnel: Tunnel): void;
  /** The tunnel is over; `severed` with the guacd connection that others may have joined. */
  ended(tunnel: Tunnel, severed: SamehandError | null): void;
}
