/**
 * The console in Chromium: an operator signs in by the printed link, watches a session's trust fall when another hand
 * takes over, reads why, and severs it by a click. Each page is checked with axe-core.
 */
import t from "tap";
import { keysym, millis } from "../../gateway/core/units.ts";
import { accessible } from "../parts/accessible.ts";
import { startChromium } from "../parts/chromium.ts";
import { startOperators } from "../parts/operators.ts";

t.test("an operator sees a takeover on the wall, reads why, and severs it", async (t) => {
  t.setTimeout(110_000);
  const { admin, open, work, enrol } = await startOperators(t);
  await enrol("anna", 1);
  const session = await open("anna");
  work(session, 1, 9, 150);
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page({ width: 1440, height: 900 });
  await page.goto(admin.firstRunUrl()!);
  const row = page.getByRole("row").filter({ hasText: "anna" });
  await row.waitFor();
  t.notOk(page.url().includes("link="), "the link does not stay in the address");
  t.match(await row.innerText(), /trusted/);
  const stranger = await open("ben");
  const unknown = page.getByRole("row").filter({ hasText: "ben" });
  t.match(await unknown.innerText(), /not known yet\s+–/, "nothing says that a stranger is trusted");
  for (let n = 0; n < 64; n++) {
    const key = keysym(97 + ((n * 7) % 26));
    stranger.watch.key(millis(100_000 + 100 * n), key, true);
    stranger.watch.key(millis(100_050 + 100 * n), key, false);
  }
  await unknown.filter({ hasText: "alert" }).waitFor();
  t.match(await unknown.innerText(), /alert\s+–/, "a signal stands, and nothing is known all the same");
  await accessible(t, page, "wall");

  work(session, 2, 9, 400, () => session.watch.verdict === "quarantine");
  t.equal(session.watch.verdict, "quarantine");
  await row.filter({ hasText: "quarantined" }).waitFor();
  await row.getByRole("link", { name: "anna" }).click();
  await page.getByRole("heading", { name: "Trust", exact: true }).waitFor();
  await page.locator(".decisions > li").first().waitFor();
  t.match(await page.locator(".decisions").innerText(), /quarantined at trust \d+/);
  t.match(await page.locator(".facts").innerText(), /Compared with\s+8 other agents/);
  await accessible(t, page, "session");

  await page.getByRole("button", { name: "Sever" }).first().click();
  await page.getByRole("textbox").fill("another hand drives");
  await page.getByRole("dialog").getByRole("button", { name: "Sever" }).click();
  await page.getByText("severed by an operator").waitFor();
  t.same(session.acts.at(-1), "sever");

  for (const name of ["Agents", "Policy", "Account"]) {
    await page.getByRole("navigation").getByRole("link", { name }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
    await accessible(t, page, name.toLowerCase());
  }
  // Before the sign-in the gateway says 401, and 404 of a session that has ended; the browser writes both down.
  const faults = chromium.errors.filter((line) => !line.startsWith("Failed to load resource"));
  t.same(faults, [], "the page's own scripts, styles and policy are in order");
});
