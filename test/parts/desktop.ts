/**
 * A real desktop that writes down what X received: what counts in a test is not what a parser said but what came
 * out at the end. xev's window covers the whole screen and has no frame, so that it hears every event.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Desktop } from "../../demo/desktop.ts";
import { ensureParts } from "../../demo/parts.ts";
import type { Program } from "../../demo/program.ts";
import { XevReader, type XEvent } from "./xev.ts";
import { quietly } from "./report.ts";

const motion = fileURLToPath(new URL("motion.tcl", import.meta.url));

export type Motion = "still" | "typing" | "scroll" | "video";

export interface TestDesktop {
  /** The VNC server's port on loopback. */
  readonly port: number;
  /** guacd's settings of a connection to it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Everything X received so far, oldest first. */
  readonly events: readonly XEvent[];
  /** Resolves with the first event, past (from index `from`) or future, that fits. Rejects after `timeout` ms (30 s). */
  received(fits: (event: XEvent) => boolean, options?: { from?: number; timeout?: number }): Promise<XEvent>;
  /** Resolves once so much was typed since index `from`, as `typed` tells it: ends with `text`. Rejects as `received`. */
  ends(text: string, from?: number): Promise<void>;
  /** The keys that went down since index `from`, as text where they have one, else as the keysym's name. */
  typed(from?: number): string;
  /**
   * Passes once X has worked off all that reached it before, plus `grace` milliseconds for what is still on its
   * way through guacd. What did not arrive by then was not sent.
   */
  settled(grace?: number): Promise<void>;
  /**
   * Fills the screen with something that moves (`motion.tcl`), and waits until it does. It stands still after `millis`.
   * @param top rows of pixels that stay xev's: with the pointer there it hears the keys all the same
   */
  move(kind: Motion, millis: number, options?: { seed?: number; top?: number }): Promise<Program>;
  /** Runs a program of the parts on this desktop and waits for its end. */
  run(program: string, args?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** @throws PartsUnavailable, or an Error when the desktop does not come up */
export async function startDesktop(size: { width?: number; height?: number } = {}): Promise<TestDesktop> {
  const { width = 1024, height = 768 } = size;
  const desktop = await Desktop.start(await ensureParts("desktop", quietly), { width, height });
  const events: XEvent[] = [];
  const listeners = new Set<(event: XEvent) => void>();
  const reader = new XevReader((event) => {
    events.push(event);
    for (const listen of listeners) listen(event);
  });
  const received: TestDesktop["received"] = async (fits, { from = 0, timeout = 30_000 } = {}) => {
    const past = events.slice(from).find(fits);
    if (past) return past;
    const { promise, resolve, reject } = Promise.withResolvers<XEvent>();
    const listen = (event: XEvent): void => void (fits(event) && resolve(event));
    const timer = setTimeout(() => reject(new Error(`X did not receive it in ${timeout} ms`)), timeout);
    listeners.add(listen);
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(listen);
    });
  };
  const typed: TestDesktop["typed"] = (from = 0) =>
    events
      .slice(from)
      .flatMap((event) => (event.kind === "key" && event.pressed && !event.modifier ? [event.text || event.name] : []))
      .join("");
  const run: TestDesktop["run"] = async (program, args = []) => {
    const code = await desktop.open(program, args).exited;
    if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}`);
  };
  try {
    await desktop.open("usr/bin/xsetroot", ["-solid", "#24406b"]).exited;
    // else X itself types a key again whose release a busy machine brings late
    await desktop.open("usr/bin/xset", ["r", "off"]).exited;
    const geometry = ["-geometry", `${width}x${height}+0+0`, "-bw", "0"];
    const xev = desktop.open("usr/bin/xev", [...geometry, "-event", "keyboard", "-event", "mouse"], (line) =>
      reader.line(line),
    );
    await xev.line(/MapNotify|Outer window|Expose|EnterNotify/);
    // the fence below proves that xev listens before a test begins
    const desk: TestDesktop = {
      port: desktop.port,
      settings: { hostname: "127.0.0.1", port: String(desktop.port) },
      events,
      received,
      ends: async (text, from = 0) => void (await received(() => typed(from).endsWith(text), { from })),
      typed,
      async settled(grace = 250) {
        await sleep(grace);
        await fence();
      },
      async move(kind, millis, { seed = 1, top = 0 } = {}) {
        const program = desktop.open("usr/bin/wish8.6", [motion, kind, String(millis), String(seed), String(top)]);
        await run("usr/bin/xdotool", ["search", "--sync", "--onlyvisible", "--class", "Motion.tcl"]);
        return program;
      },
      run,
      stop: () => desktop.stop(),
    };
    // Pause, which no test types, sent into X beside VNC: once xev has heard it, it has heard all before
    const fence = async (): Promise<void> => {
      for (let tries = 0; ; tries++) {
        const from = reader.fences;
        await run("usr/bin/xdotool", ["key", "Pause"]);
        for (let wait = 0; wait < 40 && reader.fences === from; wait++) await sleep(5);
        if (reader.fences > from) return;
        if (tries === 20) throw new Error("xev does not hear");
      }
    };
    await fence();
    return desk;
  } catch (error) {
    await desktop.stop();
    throw error;
  }
}

/** The same desktop, of whose past nothing is known. */
export function fromNow(desktop: TestDesktop): TestDesktop {
  const begin = desktop.events.length;
  return {
    ...desktop,
    get events() {
      return desktop.events.slice(begin);
    },
    received: (fits, { from = 0, ...patience } = {}) => desktop.received(fits, { from: begin + from, ...patience }),
    ends: (text, from = 0) => desktop.ends(text, begin + from),
    typed: (from = 0) => desktop.typed(begin + from),
  };
}
