/**
 * The security team's side of the demonstration, in a real browser beside the agent's: an operator signs in by the
 * printed line, watches trust move while the agent types on the real desktop, sees it fall when the keyboard is
 * handed over, reads why, and severs by a click; the agent's page, here with the older client, says so. Pictures are kept in `.tap/screenshots`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { startChromium } from "../parts/chromium.ts";
import { enrolVisitors, startVisited, Visit } from "../parts/visit.ts";

const artefacts = join(import.meta.dirname, "../../.tap/screenshots");
mkdirSync(artefacts, { recursive: true });

t.test("trust moves, falls and says why; a click severs, and the agent is told", { timeout: 200_000 }, async (t) => {
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const demonstration = await startVisited(t.testdir());
  t.teardown(() => demonstration.stop());
  await enrolVisitors(demonstration);
  const { gateway } = demonstration;

  const console_ = await chromium.page({ width: 1440, height: 900 });
  const photograph = (name: string) => console_.screenshot({ path: join(artefacts, `console-${name}.png`) });
  await console_.goto(gateway.admin.firstRunUrl() ?? "");
  await console_.getByRole("navigation").waitFor();
  const visit = await Visit.open(demonstration, chromium, "alex", "1.5.0");
  const row = console_.getByRole("row").filter({ hasText: "alex" });
  await row.waitFor();
  await visit.work();
  await row.filter({ hasText: "trusted" }).waitFor();
  await photograph("1-wall");
  await row.getByRole("link", { name: "alex" }).click();
  await console_.getByRole("heading", { name: "Trust", exact: true }).waitFor();
  const facts = (): Promise<string> => console_.locator("main").innerText();
  const before = Number(/trust\D{0,20}(\d+)/i.exec(await facts())?.[1]);
  t.ok(before > 50, `trust ${before} while the agent types`);
  await photograph("2-trusted");

  await visit.handOver();
  const decisions = console_.locator(".decisions");
  await decisions
    .getByText(/quarantined at trust \d+/)
    .first()
    .waitFor();
  t.ok((await decisions.locator("li li").allInnerTexts()).length > 0, "it says why");
  await console_.emulateMedia({ colorScheme: "dark" });
  await photograph("3-fallen-dark");
  await console_.emulateMedia({ colorScheme: "light" });
  await photograph("3-fallen");

  await console_.getByRole("button", { name: "Sever" }).first().click();
  await console_.getByRole("textbox").fill("another hand drives");
  await console_.getByRole("dialog").getByRole("button", { name: "Sever" }).click();
  await visit.page.waitForSelector("[data-state=ended]");
  t.match(await visit.page.textContent("#code"), /Status \d+/, "the agent's browser says that it was ended");
  await console_
    .getByText("ended", { exact: true })
    .or(console_.getByText("This session is not live"))
    .first()
    .waitFor();
  await photograph("4-severed");
  await visit.close();
});
