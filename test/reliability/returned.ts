/**
 * The picture after a hold, in a real browser: something moves on the desktop while the session is held and while the
 * picture comes back. Once it stands still, every pixel of the page is compared with X's own.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { agentPages } from "../../gateway/pages/pages.ts";
import type { Page } from "../../gateway/proxy/options.ts";
import type { TestChromium } from "../parts/chromium.ts";
import type { Motion } from "../parts/desktop.ts";
import { startFarm } from "../parts/farm.ts";
import { showDesktop } from "../parts/on-desktop.ts";
import { differences, rootWindow } from "../parts/root-window.ts";
import { operate } from "./withheld.ts";

const { resolve } = createRequire(import.meta.url);
const strict = join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js");

/** The agent's pages with each of the clients that matter. */
export const clients: Readonly<Record<string, ReadonlyMap<string, Page>>> = {
  "1.5.0": new Map([
    ...agentPages(),
    ["/guacamole.js", { ...agentPages().get("/guacamole.js")!, body: readFileSync(strict) }],
  ]),
  "1.6.0": agentPages(),
};

/** guacd sends what changes often as JPEG, to every viewer: its loss stays below this; a wrong letter is far above. */
const jpegLoss = 48;
/** The longest that a right picture takes once the desktop stands still, ms. */
const patience = 8000;

export interface Returned {
  readonly motion: Motion;
  /** From the release to the picture, ms. */
  readonly millis: number;
  /** What a new viewer of the same desktop took to its first picture, in the same moment of the same machine, ms. */
  readonly anew: number;
  /** From the desktop's standing still to the picture's being X's, ms. */
  readonly right: number;
  /** Pixels that are not X's in the end, and the most that a colour is off. */
  readonly pixels: number;
  readonly most: number;
  readonly verdict: "exact" | "jpeg" | "wrong";
}

/** Holds and releases a session so many times for each motion. @throws Error where the held page shows the desktop */
export async function returned(
  chromium: TestChromium,
  client: string,
  motions: readonly Motion[],
  rounds: number,
): Promise<Returned[]> {
  const farm = await startFarm({ pages: clients[client] });
  const { desktop, gateway } = farm;
  const page = await chromium.page({ width: 1024, height: 768 });
  try {
    await showDesktop(page, async () => `${gateway.url}/#token=${await farm.token("alex")}`);
    const id = [...gateway.proxy.sessions.keys()].at(-1)!;
    const found: Returned[] = [];
    for (const motion of motions)
      for (let round = 1; round <= rounds; round++) {
        await operate(farm, id, "quarantine");
        const moving = await desktop.move(motion, 2200, { seed: round });
        await sleep(800 + Math.random() * 200);
        const held = await differences(await page.screenshot(), await rootWindow(desktop.port));
        if (held.pixels < 100_000) throw new Error(`${motion}: the held page shows the desktop`);
        const from = performance.now();
        await operate(farm, id, "release");
        while (gateway.tally.sessionsHeld > 0) await sleep(1);
        const millis = performance.now() - from;
        await moving.line(/^still$/);
        const still = performance.now();
        let apart = { pixels: 1, most: 255 };
        while (apart.pixels > 0 && performance.now() - still < patience) {
          await sleep(100);
          apart = await differences(await page.screenshot(), await rootWindow(desktop.port));
          if (apart.most <= jpegLoss && performance.now() - still > patience / 4) break;
        }
        const right = performance.now() - still;
        const opening = performance.now();
        const other = await farm.viewer("bea");
        const anew = performance.now() - opening;
        await other.close();
        await moving.stop();
        const verdict = apart.pixels === 0 ? "exact" : apart.most <= jpegLoss ? "jpeg" : "wrong";
        found.push({ motion, millis, anew, right, ...apart, verdict });
      }
    return found;
  } finally {
    await page.context().close();
    await farm.stop();
  }
}
