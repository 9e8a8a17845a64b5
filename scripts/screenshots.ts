/** `npm run screenshots`: makes the README's pictures again, from a visit to the demonstration in Chromium. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChromium } from "../test/parts/chromium.ts";
import { enrolVisitors, impostor, startVisited, Visit, visitors } from "../test/parts/visit.ts";

const image = (name: string): string => join(import.meta.dirname, "../docs/images", `${name}.png`);
const newestClient = "1.6.0";

const folder = mkdtempSync(join(tmpdir(), "samehand-screenshots-"));
const demonstration = await startVisited(folder);
const chromium = await startChromium();
try {
  await enrolVisitors(demonstration);
  const alex = await Visit.open(demonstration, chromium, "alex", newestClient);
  await alex.work();
  await alex.page.screenshot({ path: image("working") });
  await alex.handOver();
  const code = await alex.readCode(image("front-desk"));
  await alex.held.giveCode(code.slice(0, 4), false);
  await alex.page.waitForTimeout(500);
  await alex.page.screenshot({ path: image("code") });
  await alex.held.giveCode(code.slice(4));
  await alex.held.asks("phrase");
  await alex.held.settle();
  const typing = alex.giveWords(visitors.alex);
  await alex.page.waitForTimeout(2500);
  await alex.page.screenshot({ path: image("held") });
  const { outcome } = await typing;
  if (outcome !== "passed") throw new Error(`Alex's words: ${outcome}`);
  await alex.write("thank you, I am back");
  await alex.page.waitForTimeout(500);
  await alex.page.screenshot({ path: image("returned") });
  await alex.close();

  const wall = await chromium.page({ width: 1280, height: 860 });
  await wall.goto(demonstration.gateway.admin.firstRunUrl() ?? "");
  const sam = await Visit.open(demonstration, chromium, "sam", newestClient);
  await sam.work();
  await wall.getByRole("row").filter({ hasText: "sam" }).getByRole("link").click();
  await sam.handOver();
  await wall
    .locator(".decisions")
    .getByText(/quarantined at trust/)
    .first()
    .waitFor();
  await wall.screenshot({ path: image("console") });
  await wall.emulateMedia({ colorScheme: "dark" });
  await wall.screenshot({ path: image("console-dark") });
  await sam.giveCode();
  const end = await sam.giveWords(impostor);
  if (end.outcome !== "severed") throw new Error(`a stranger's words: ${end.outcome}`);
  await sam.page.waitForSelector("[data-state=ended]");
  await sam.page.waitForTimeout(300);
  await sam.page.screenshot({ path: image("severed") });
} finally {
  await chromium.stop();
  await demonstration.stop();
  rmSync(folder, { recursive: true, force: true });
}
