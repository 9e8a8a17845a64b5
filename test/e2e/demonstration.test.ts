/**
 * What a visitor of the demonstration lives through, in a real browser: the keyboard is handed over, the session is held
 * and says why; the agent comes back by code and words, somebody else with the right code does not, and the lock
 * outlasts a restart. Pictures are kept in `.tap/screenshots`. The older client is held and severed in
 * `demonstration-console.test.ts`, and lets the agent back in `dialog.test.ts`.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { Demonstration } from "../../demo/demonstration.ts";
import { agentName } from "../../gateway/core/units.ts";
import { startChromium } from "../parts/chromium.ts";
import { enrolVisitors, impostor, startVisited, Visit, visitors } from "../parts/visit.ts";

t.setTimeout(300_000);
const artefacts = join(import.meta.dirname, "../../.tap/screenshots");
mkdirSync(artefacts, { recursive: true });
const client = "1.6.0";
const picture = (name: string): string => join(artefacts, `${client}-${name}.png`);

const chromium = await startChromium();
t.teardown(() => chromium.stop());

/** Somebody else has the keyboard, until the session is held and says why. */
async function isHeld(t: Test, visit: Visit, photograph: (name: string) => unknown): Promise<void> {
  await visit.work();
  t.notOk(visit.held.asked, "the agent works undisturbed");
  await photograph("1-working");
  await visit.handOver();
  t.match(visit.held.prompts[0]?.lines[0], /driven has changed/, "the screen says why");
  t.equal(visit.held.prompts[0]?.field.kind, "code");
  await photograph("2-held");
}

async function comesBack(t: Test, at: Demonstration): Promise<void> {
  const visit = await Visit.open(at, chromium, "alex", client);
  const photograph = (name: string) => visit.page.screenshot({ path: picture(name) });
  await isHeld(t, visit, photograph);
  await visit.giveCode(picture("3-front-desk"));
  await photograph("4-words");
  const { outcome, words } = await visit.giveWords(visitors.alex);
  t.ok(words.length >= 6, `${words.length} words were asked for`);
  t.equal(outcome, "passed");
  const before = await visit.keystrokes();
  await visit.write("thank you, I am back");
  while ((await visit.keystrokes()) === before) await visit.page.waitForTimeout(20);
  t.pass("input flows again");
  await photograph("5-returned");
  t.equal(await visit.page.getAttribute("body", "data-state"), "connected");
  await visit.close();
}

async function isSevered(t: Test, at: Demonstration): Promise<void> {
  const visit = await Visit.open(at, chromium, "sam", client);
  await isHeld(t, visit, () => null);
  await visit.giveCode();
  const { outcome } = await visit.giveWords(impostor);
  t.equal(outcome, "severed", "somebody else's words do not pass");
  await visit.page.waitForSelector("[data-state=ended]");
  await visit.page.screenshot({ path: picture("6-severed") });
  t.match(await visit.page.textContent("#code"), "Status 523");
  t.equal(at.gateway.tally.challenges.get("severed"), 1);
  t.not(at.gateway.store.lockOf(agentName("sam")), null, "locked");
  await visit.close();
}

async function isLocked(t: Test, folder: string): Promise<void> {
  const again = await startVisited(folder);
  t.teardown(() => again.stop());
  const page = await chromium.page();
  await page.goto(`${again.url}/open/sam`);
  await page.waitForSelector("[data-state=ended]");
  t.match(await page.textContent("#code"), "Status 771");
  await page.context().close();
}

t.test("the demonstration", { timeout: 290_000 }, async (t) => {
  const folder = t.testdir();
  const demonstration = await startVisited(folder);
  t.teardown(() => demonstration.stop());
  await enrolVisitors(demonstration);
  await t.test("the agent comes back by code and words", (t) => comesBack(t, demonstration));
  await t.test("somebody else with the right code is severed", (t) => isSevered(t, demonstration));
  await demonstration.stop();
  await t.test("and locked, through a restart", (t) => isLocked(t, folder));
  t.same(
    chromium.errors.filter((error) => !error.includes("favicon")),
    [],
  );
});
