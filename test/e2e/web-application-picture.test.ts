/**
 * The picture after a hold in front of the web application, in Chromium with Guacamole's own client: fetched by a second
 * tunnel of the same login where the data source lets live connections be joined, else kept while it was withheld. Once
 * the desktop stands still, every pixel is compared with X's own.
 */
import { rmSync } from "node:fs";
import t from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { millis } from "../../gateway/core/units.ts";
import type { Decision } from "../../gateway/core/verdict.ts";
import { startChromium } from "../parts/chromium.ts";
import type { Motion } from "../parts/desktop.ts";
import { type Farm, startFarm } from "../parts/farm.ts";
import { differences, rootWindow } from "../parts/root-window.ts";
import { StockPage } from "../parts/stock-page.ts";
import { standInPages, WebApplication } from "../parts/web-application.ts";

const decision: Decision = {
  at: millis(0),
  verdict: "quarantine",
  wouldBe: "quarantine",
  mode: "enforce",
  trust: 0,
  rule: "test",
  reasons: [],
  keystrokes: 0,
  actions: 0,
};
/** guacd sends what changes often as JPEG, to every viewer: its loss stays below this; a wrong letter is far above. */
const jpegLoss = 48;

const pages = standInPages();
t.setTimeout(400_000);
t.teardown(() => rmSync(pages, { recursive: true, force: true }));

t.test("the picture that comes back is X's own, fetched or kept", async (t) => {
  t.setTimeout(300_000);
  let farm: Farm;
  try {
    farm = await startFarm({ application: pages });
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    t.pass(`skipped: ${error.message}`);
    return;
  }
  t.teardown(() => farm.stop());
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const { desktop, gateway } = farm;
  for (const dataSource of [WebApplication.database, "default"]) {
    const { page } = await arrive(dataSource);
    const session = [...gateway.proxy.sessions.values()].at(-1)!;
    const motions: readonly Motion[] =
      dataSource === "default" ? ["still", "typing"] : ["still", "typing", "scroll", "video"];
    for (const motion of motions) {
      session.quarantine(decision);
      while (gateway.tally.sessionsHeld === 0) await page.waitForTimeout(5);
      const moving = await desktop.move(motion, 2200, { seed: 1 });
      await page.waitForTimeout(800);
      const held = await differences(await page.screenshot(), await rootWindow(desktop.port));
      t.ok(held.pixels > 100_000, `${dataSource}, ${motion}: the held page does not show the desktop`);
      session.release(decision);
      while (gateway.tally.sessionsHeld > 0) await page.waitForTimeout(5);
      await moving.line(/^still$/);
      let apart = { pixels: 1, most: 255 };
      for (let tries = 0; tries < 60 && apart.most > jpegLoss; tries++) {
        await page.waitForTimeout(100);
        apart = await differences(await page.screenshot(), await rootWindow(desktop.port));
      }
      t.ok(apart.most <= jpegLoss, `${dataSource}, ${motion}: ${JSON.stringify(apart)}`);
      await moving.stop();
    }
    t.equal(gateway.tally.refusals.size, 0);
    await page.context().close();
  }

  async function arrive(dataSource: string): Promise<StockPage> {
    const page = await StockPage.open(chromium, farm, {}, StockPage.hashOf(dataSource));
    await page.enter("anna");
    return page;
  }
});
