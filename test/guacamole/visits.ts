/**
 * What agents do in Guacamole's own page in front of which the gateway stands, in Chromium, with the real guacd and X.
 * The same visits are made to the real web application (`war.test.ts`) and to its stand-in (`stand-in.test.ts`).
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { PartsUnavailable } from "../../demo/apt.ts";
import { SamehandError } from "../../gateway/core/errors.ts";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { decision } from "../fixtures/decision.ts";
import { applicationFarms } from "../parts/application-farm.ts";
import { startChromium, type TestChromium } from "../parts/chromium.ts";
import type { Application, Farm } from "../parts/farm.ts";
import { StockPage, type StockPageOptions } from "../parts/stock-page.ts";

const denied = /denied access/;
const severed = /forcibly closed/;

export interface VisitOptions {
  readonly name: string;
  readonly application: Application;
  /** A data source whose connections can be shared by a link; left out where there is none. */
  readonly sharing?: string;
}

/** Adds the tests. */
export async function visits(t: Test, { name, application, sharing }: VisitOptions): Promise<void> {
  t.setTimeout(600_000);
  const folder = new URL("../../.tap/screenshots/", import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  let chromium: TestChromium;
  try {
    chromium = await startChromium();
  } catch (error) {
    if (!(error instanceof PartsUnavailable)) throw error;
    t.pass(`skipped: ${error.message}`);
    return;
  }
  t.teardown(() => chromium.stop());

  const withFarm = applicationFarms(t, application);
  const open = (farm: Farm, options?: StockPageOptions, hash?: string) => StockPage.open(chromium, farm, options, hash);
  const sessionOf = ({ gateway }: Farm): SessionControl => [...gateway.proxy.sessions.values()].at(-1)!;
  const types = async ({ desktop }: Farm, { page }: StockPage, key: string): Promise<void> => {
    const from = desktop.events.length;
    await page.keyboard.press(key);
    await desktop.received((event) => event.kind === "key" && event.pressed && event.text === key, { from });
  };

  await t.test("an agent signs in, types, is held, comes back, is severed, and is refused", async (t) => {
    const farm = await withFarm(t);
    if (farm === null) return;
    const { gateway, desktop } = farm;
    const anna = await open(farm);
    const look = (what: string) => anna.page.screenshot({ path: join(folder, `${name}-${what}.png`) });
    await anna.enter("anna");
    await types(farm, anna, "h");
    t.ok(gateway.store.agent(agentName("default/anna")), "known by account");
    const before = await look("before");

    const session = sessionOf(farm);
    session.quarantine(decision);
    while (gateway.tally.sessionsHeld === 0) await anna.page.waitForTimeout(20);
    while ((await look("held")).equals(before)) await anna.page.waitForTimeout(100);
    t.pass("the hold screen stands in the desktop's place");
    await anna.page.keyboard.press("x");
    await desktop.settled();
    t.equal(desktop.typed(), "h", "nothing is typed in a hold");
    session.release(decision);
    while (gateway.tally.sessionsHeld > 0) await anna.page.waitForTimeout(20);
    await types(farm, anna, "i");
    t.equal(desktop.typed(), "hi", "and the agent types on");
    await look("after");

    session.sever(new SamehandError("session-severed"));
    await anna.dialog(severed).waitFor();
    gateway.store.lock(agentName("default/anna"), epochMillis(Date.now() + 60_000), "test");
    await look("severed");
    const countdown = await anna.page.locator(".notification .countdown-text:visible").allInnerTexts();
    t.equal(countdown.join(""), "", "the page does not try again by itself");
    t.equal(gateway.tally.sessionsLive, 0);
    await anna.reconnect();
    while (!gateway.tally.refusals.has("token-invalid")) await anna.page.waitForTimeout(20);
    t.equal(gateway.tally.sessionsLive, 0, "its Reconnect does not bring it back: the login is over");
    const again = await open(farm);
    await again.signIn("anna");
    await again.dialog(denied).waitFor();
    await again.page.screenshot({ path: join(folder, `${name}-refused.png`) });
    t.equal(gateway.tally.refusals.get("agent-locked"), 1, "nor does another login while the agent is locked");
    t.equal(desktop.typed(), "hi");
  });

  await t.test("several agents work at once, and a token is renewed while the desktop is open", async (t) => {
    const farm = await withFarm(t);
    if (farm === null) return;
    const { gateway, desktop } = farm;
    const [anna, bert] = [await open(farm), await open(farm)];
    await anna.enter("anna");
    await bert.enter("bert");
    while (gateway.tally.sessionsLive < 2) await bert.page.waitForTimeout(20);
    sessionOf(farm).quarantine(decision);
    await bert.page.keyboard.press("x");
    await types(farm, anna, "a");
    await desktop.settled();
    t.equal(desktop.typed(), "a", "the one is held, the other not");
    const learned = gateway.tally.signInsLearned;
    await anna.lookElsewhere();
    await types(farm, anna, "b");
    t.equal(gateway.tally.signInsLearned, learned, "it is the same login");
    t.equal(gateway.tally.sessionsLive, 2, "and the same session");
    await anna.page.reload();
    while (gateway.tally.sessionsOpened < 3) await anna.page.waitForTimeout(20);
    await anna.shown();
    await types(farm, anna, "c");
    t.equal(desktop.typed(), "abc", "a page that is loaded again finds its token and its desktop");
  });

  await t.test("where no WebSocket passes, the page says so, or falls back and is inspected", async (t) => {
    const strict = await withFarm(t);
    if (strict === null) return;
    const refused = await open(strict, { noWebSocket: true });
    await refused.signIn("anna");
    await refused.dialog(denied).waitFor();
    t.equal(strict.gateway.tally.httpTunnelsRefused, 1);
    await refused.close();
    const farm = (await withFarm(t, { webapp: { httpTunnel: "degrade" } }))!;
    const anna = await open(farm, { noWebSocket: true });
    await anna.enter("anna");
    await types(farm, anna, "h");
    t.equal(farm.gateway.tally.httpTunnelsDegraded, 1);
    sessionOf(farm).quarantine(decision);
    while (farm.gateway.tally.sessionsHeld === 0) await anna.page.waitForTimeout(20);
    await anna.page.keyboard.press("x");
    await farm.desktop.settled();
    sessionOf(farm).release(decision);
    while (farm.gateway.tally.sessionsHeld > 0) await anna.page.waitForTimeout(20);
    await types(farm, anna, "i");
    t.equal(farm.desktop.typed(), "hi");
    sessionOf(farm).sever(new SamehandError("session-severed"));
    await anna.dialog(severed).waitFor();
  });

  await t.test("whoever comes by a share link looks on, is held with the owner, and ends with them", async (t) => {
    if (sharing === undefined) {
      t.pass("skipped: connections of user-mapping.xml cannot be shared");
      return;
    }
    const farm = await withFarm(t);
    if (farm === null) return;
    const { gateway, desktop } = farm;
    const anna = await open(farm, {}, StockPage.hashOf(sharing));
    await anna.enter("anna");
    await types(farm, anna, "a");
    const guest = await open(farm, {}, await anna.share());
    while (gateway.tally.sessionsLive < 2) await guest.page.waitForTimeout(20);
    await guest.shown();
    await guest.page.keyboard.press("x");
    const [owner] = [...gateway.proxy.sessions.values()];
    owner.quarantine(decision);
    while (gateway.tally.sessionsHeld < 2) await guest.page.waitForTimeout(20);
    t.pass("the guest's picture is withheld too");
    owner.release(decision);
    while (gateway.tally.sessionsHeld > 0) await guest.page.waitForTimeout(20);
    await desktop.settled();
    t.equal(desktop.typed(), "a", "a guest types nothing");
    owner.sever(new SamehandError("session-severed"));
    for (const each of [anna, guest]) await each.dialog(severed).waitFor();
  });

  await t.test("twenty pages at once", async (t) => {
    const farm = await withFarm(t);
    if (farm === null) return;
    const pages: StockPage[] = [];
    for (let n = 0; n < 20; n++) {
      const page = await open(farm, { width: 640, height: 480 });
      await page.enter(`agent${n}`);
      pages.push(page);
    }
    t.equal(farm.gateway.tally.sessionsLive, 20);
    for (const page of pages) await types(farm, page, "x");
    t.equal(farm.desktop.typed(), "x".repeat(20));
    t.equal(farm.gateway.tally.refusals.size, 0);
  });
}
