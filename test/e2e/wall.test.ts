/**
 * The wall with 2,000 sessions in Chromium, fed by the real listener: what a frame, a second of the page and a second
 * of the stream cost while an operator scrolls and searches. The figures are printed; docs/API.md quotes them.
 */
import type { Page } from "playwright-core";
import t from "tap";
import { accessible } from "../parts/accessible.ts";
import { startChromium } from "../parts/chromium.ts";
import { madeUpWall } from "../parts/made-up-wall.ts";
import { startOperators } from "../parts/operators.ts";

const sessions = 2000;
const seconds = 15;
/** What a frame, and a second's news, may cost the page's thread, ms of CPU: half of the time between two frames, a tenth of that between two news. */
const [frameCost, newsCost] = [8, 100];

/** Scrolls on each frame for so long. @returns the time between frames, ms, shortest first */
const scroll = (page: Page): Promise<number[]> =>
  page.evaluate(`new Promise((resolve) => {
    const box = document.querySelector(".rows");
    const frames = [];
    const begun = performance.now();
    let last = begun;
    requestAnimationFrame(function frame(now) {
      frames.push(now - last);
      last = now;
      box.scrollTop = (box.scrollTop + 23) % (box.scrollHeight - box.clientHeight);
      if (now - begun < ${seconds * 1000}) requestAnimationFrame(frame);
      else resolve(frames.slice(2).sort((a, b) => a - b));
    });
  })`);

t.test("2,000 sessions are smooth to scroll and to search", { timeout: 120_000 }, async (t) => {
  const { admin } = await startOperators(t, "enforce", { live: madeUpWall(sessions) });
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page({ width: 1440, height: 900 });
  const devtools = await page.context().newCDPSession(page);
  // what the page's thread computed, whatever else the machine does
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.dataReceived", ({ dataLength }) => void (bytes += dataLength));
  const busy = async (): Promise<number> => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN;
  };
  await page.goto(admin.firstRunUrl()!);
  await page.locator(".freshness").filter({ hasText: "live, 2,000 sessions" }).waitFor();
  t.ok((await page.locator(".rows .all > .row").count()) < 60, "only the rows in sight are drawn");
  await accessible(t, page, "wall-of-thousands");

  const [bytesBefore, busyBefore, gateway] = [bytes, await busy(), process.cpuUsage()];
  const frames = await scroll(page);
  const cpu = process.cpuUsage(gateway);
  const computed = (await busy()) - busyBefore;
  const at = (share: number): number => frames[Math.floor(share * (frames.length - 1))];
  const perSecond = (value: number): number => value / seconds;
  t.comment(
    `frames ${frames.length}, median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, ` +
      `99 % ${at(0.99).toFixed(1)} ms, longest ${at(1).toFixed(0)} ms; ` +
      `page busy ${(perSecond(computed) * 100).toFixed(0)} % of one core; ` +
      `stream ${(perSecond(bytes - bytesBefore) / 1024).toFixed(0)} KiB/s; ` +
      `listener ${((perSecond(cpu.user + cpu.system) / 1e6) * 100).toFixed(0)} % of one core`,
  );
  t.ok(bytes > bytesBefore, "the wall was live meanwhile");
  const allowed = frames.length * frameCost + seconds * newsCost;
  t.ok(computed * 1000 < allowed, `${(computed * 1000).toFixed(0)} ms of the page's thread, below ${allowed}`);

  await page.getByRole("searchbox").fill("agent-1999");
  await page.getByRole("row").filter({ hasText: "agent-1999" }).waitFor();
  t.equal(await page.locator(".rows .all > .row").count(), 1);
  t.same(
    chromium.errors.filter((line) => !line.startsWith("Failed to load resource")),
    [],
  );
});
