/**
 * What stands behind a session: guacd itself (`upstream.ts`), or the tunnel of a web application
 * (`webapp/application-target.ts`). A session relays to either in the same way.
 */
import type { SamehandError } from "../core/errors.ts";
import type { Judge, Ticket } from "../core/session.ts";
import type { ServerScanner } from "../protocol/guacamole/server-scanner.ts";
import type { GuacdOptions } from "./options.ts";
import type { SnapshotLimits, SnapshotOwner } from "./snapshot.ts";

/** Who hears what a target does. */
export interface TargetOwner {
  /** The target is ready: the display follows. */
  ready(): void;
  /**
   * A frame of whole instructions, header included.
   * @param from where the instructions begin in it
   * @returns true where the viewer took it at once; else `Target.taken` must follow
   */
  display(frame: Uint8Array, from: number): boolean;
  /** The target's socket took everything that was written. */
  flushed(): void;
  /** The target is gone, cannot be reached, or sent what is no protocol. Told once. */
  lost(error: SamehandError): void;
}

export interface Target {
  /** What was seen in its display so far. */
  readonly scanner: ServerScanner;
  /** Sessions with the same one are on the same desktop; empty until it is ready. */
  readonly connectionId: string;
  /** What the viewer is told that its tunnel is called, where that is the target's to say; else empty. */
  readonly tunnelId: string;
  /** True until the connection stands. */
  readonly connecting: boolean;
  /** Bytes that it has not taken. */
  readonly waiting: number;
  /** Writes whole instructions. @returns whether the bytes must stay as they are until `waiting` is 0 */
  write(bytes: Uint8Array | string): boolean;
  /** The viewer took the frame that `display` returned false for. */
  taken(): void;
  /** Lets memory go that the last seconds did not need. Called about once a second. */
  trim(): void;
  /**
   * Says good-bye: `last` goes out if it can, and soon after it the connection is gone.
   * @param cut the session is severed: input that still waits is lost with the connection
   */
  end(last: string, cut: boolean): void;
}

/** The ways to a target, tried one after another. */
export interface Opening {
  /** Whether there is another one to try. */
  readonly more: boolean;
  /** The guacd that was tried last, where it is one. */
  readonly guacd: GuacdOptions | null;
  /** Begins to connect. @throws SamehandError `upstream-unreachable` where nothing is left to try */
  connect(owner: TargetOwner): Target;
  /**
   * Fetches the picture that the desktop shows now, over a way of its own. Not there where nobody may join: then what
   * a hold withholds is kept, up to a limit.
   */
  readonly fetch?:
    | ((connectionId: string, limits: SnapshotLimits, owner: SnapshotOwner) => { cancel(): void })
    | undefined;
  /**
   * Finds out whether anybody may join, where that is not known beforehand and `fetch` is not there yet.
   * @param found told once `fetch` is there; never where it will not be
   */
  seek?(connectionId: string, found: () => void): void;
}

/** Somebody who may come in, and the way to where they go. */
export interface Entry {
  readonly ticket: Ticket;
  /** @throws SamehandError `connection-unknown` where there is nothing to join */
  opening(): Opening;
  /** Who judges them, where it is not the gateway's own judge. */
  readonly judge?: Judge;
  /** They may look on, and nothing of theirs reaches the target. */
  readonly watchOnly?: boolean;
}
