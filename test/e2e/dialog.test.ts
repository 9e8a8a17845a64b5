/**
 * The code of a challenge typed into the client's own dialog (`required`), in Chromium with both clients, where the
 * policy prefers it; nothing of it reaches the desktop.
 */
import { join } from "node:path";
import t from "tap";
import { startChromium } from "../parts/chromium.ts";
import { startDoubted } from "../parts/doubted.ts";
import { Hand, withoutRepeats } from "../parts/hand.ts";
import { showDesktop } from "../parts/on-desktop.ts";
import { clients } from "../reliability/returned.ts";

const chromium = await startChromium();
t.teardown(() => chromium.stop());

for (const [client, pages] of Object.entries(clients))
  t.test(`guacamole-common-js ${client}`, { timeout: 120_000 }, async (t) => {
    const doubted = await startDoubted({ "prompt: screen": "prompt: dialog" }, { pages });
    const { farm } = doubted;
    t.teardown(() => farm.stop());
    const { gateway, desktop } = farm;

    const page = await chromium.page({ width: 1024, height: 768 });
    await withoutRepeats(page);
    await showDesktop(page, async () => `${gateway.url}/#token=${await farm.token("anna")}`);
    const hand = new Hand(page);
    const from = desktop.events.length;
    const held = await doubted.hold(hand);
    await held.asks("code");
    const field = page.getByRole("textbox", { name: "The code that your authenticator app shows" });
    await field.waitFor();
    const wrongs = () => gateway.tally.challenges.get("wrong-code") ?? 0;
    const wrong = wrongs();
    await page.keyboard.type("12");
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "hidden" });
    await held.giveCode("123456");
    await field.waitFor();
    t.equal(wrongs(), wrong + 1, "who left the dialog has given no answer, and typed one on the hold screen");
    await page.keyboard.type("123");
    await page.keyboard.press("Enter");
    while (wrongs() !== wrong + 2) await page.waitForTimeout(20);
    await field.waitFor();
    t.equal(await field.inputValue(), "", "a wrong one is asked for again");
    await page.keyboard.type(doubted.code());
    await page.screenshot({ path: join(import.meta.dirname, "../../.tap", `dialog-${client}.png`) });
    await page.keyboard.press("Enter");
    await held.asks("phrase");
    t.notOk(await page.locator("#ask").isVisible(), "words are typed on the hold screen");
    await doubted.comesBack(t, held, hand, from);
    t.same(
      chromium.errors.splice(0).filter((error) => !error.includes("favicon")),
      [],
    );
  });
