/** What a person notices: how long after a key the screen changes in Chromium, and how many frames a second it shows. */
import type { Start } from "../contenders/contender.ts";
import type { Rig } from "../rig.ts";
import { quantile } from "../statistics.ts";

export interface DesktopResult {
  /** From a key in the page to the changed pixel in it, in ms. */
  readonly p50: number;
  readonly p95: number;
  /** Frames a second of a screen that changes everywhere 30 times a second. */
  readonly frames: number;
}

/** A real X desktop and guacd, Guacamole's own client in Chromium; so many keys, and seconds of a moving screen. */
export async function measureDesktop(rig: Rig, start: Start, keys: number, seconds: number): Promise<DesktopResult> {
  const desk = await rig.desk();
  const { guacd, port, origin } = desk;
  const contender = await start({ ...rig.setting, guacd, desktop: { hostname: "127.0.0.1", port, origin } });
  try {
    await desk.show("answering");
    const [url] = await contender.urls(0, 1, false);
    const page = await desk.browse(url);
    // The first keys meet code that nobody has run yet, on either side.
    await page.evaluate("keyToPixel(10)");
    const took = Float64Array.from(await page.evaluate<number[]>(`keyToPixel(${keys})`)).sort();
    await desk.show("playing");
    const frames = (await page.evaluate<number>(`framesIn(${seconds * 1000})`)) / seconds;
    await page.context().close();
    return { p50: quantile(took, 0.5), p95: quantile(took, 0.95), frames };
  } finally {
    await contender.stop();
  }
}
