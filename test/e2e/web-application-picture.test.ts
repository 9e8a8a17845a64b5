/**
 * The picture after a hold in front of the web application, in Chromium with Guacamole's own client: fetched by a second
 * tunnel of the same login where the data source lets live connections be joined, else kept while it was withheld. Once
 * the desktop stands still, every pixel is compared with X's own.
 */
import { rmSync } from "node:fs";
import t from "tap";
import { decision } from "../fixtures/decision.ts";
import { applicationFarms } from "../parts/application-farm.ts";
import { startChromium } from "../parts/chromium.ts";
import type { Motion } from "../parts/desktop.ts";
import { differences, rootWindow } from "../parts/root-window.ts";
import { StockPage } from "../parts/stock-page.ts";
import { standInPages, WebApplication } from "../parts/web-application.ts";

/** guacd sends what changes often as JPEG, to every viewer: its loss stays below this; a wrong letter is far above. */
const jpegLoss = 48;

const pages = standInPages();
t.setTimeout(400_000);
t.teardown(() => rmSync(pages, { recursive: true, force: true }));

t.test("the picture that comes back is X's own, fetched or kept", async (t) => {
  t.setTimeout(300_000);
  const farm = await applicationFarms(t, pages)(t);
  if (farm === null) return;
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const { desktop, gateway } = farm;
  for (const dataSource of [WebApplication.database, "default"]) {
    const stock = await StockPage.open(chromium, farm, {}, StockPage.hashOf(dataSource));
    await stock.enter("anna");
    const { page } = stock;
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
      for (let tries = 0; tries < 150 && apart.most > jpegLoss; tries++) {
        await page.waitForTimeout(100);
        apart = await differences(await page.screenshot(), await rootWindow(desktop.port));
      }
      t.ok(apart.most <= jpegLoss, `${dataSource}, ${motion}: ${JSON.stringify(apart)}`);
      await moving.stop();
    }
    t.equal(gateway.tally.refusals.size, 0);
    await page.context().close();
  }
});
