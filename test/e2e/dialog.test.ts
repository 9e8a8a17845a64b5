/**
 * The code of a challenge typed into the client's own dialog (`required`), in Chromium with both clients, where the
 * policy prefers it; nothing of it reaches the desktop.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import t from "tap";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName } from "../../gateway/core/units.ts";
import { codeAt, enrolCode } from "../../gateway/judge/challenge-code.ts";
import { agentPages } from "../../gateway/pages/pages.ts";
import { defaultPolicyFile } from "../../gateway/policy/policy-file.ts";
import { Background } from "../../models/background.ts";
import { startChromium } from "../parts/chromium.ts";
import { enrolPerson } from "../parts/colleagues.ts";
import { startFarm } from "../parts/farm.ts";
import { Hand } from "../parts/hand.ts";
import { HeldSession } from "../parts/held-session.ts";
import { play, Typist } from "../parts/typist.ts";
import { epochMillis } from "../../gateway/core/units.ts";

const { resolve } = createRequire(import.meta.url);
const own = agentPages();
const strict = readFileSync(join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js"));
const clients = {
  "1.5.0": new Map([...own, ["/guacamole.js", { type: "text/javascript", body: strict }]]),
  "1.6.0": own,
};
const doubt = `rules:
  - name: doubt
    when: session.keystrokes >= 30 && session.quarantines == 0
    then: quarantine
    because: doubted
`;
const policy = readFileSync(defaultPolicyFile, "utf8")
  .replace(/^rules:\n/m, doubt)
  .replace("prompt: screen", "prompt: dialog");
const before = "good morning how may i help you today sir";

const chromium = await startChromium();
t.teardown(() => chromium.stop());

for (const [client, pages] of Object.entries(clients))
  t.test(`guacamole-common-js ${client}`, { timeout: 120_000 }, async (t) => {
    const enough = { keystrokes: 300, actions: 0, days: 0 };
    const enrolment = { provisional: enough, mature: enough };
    const farm = await startFarm({ policy, pages, config: { mode: "enforce", enrolment } });
    t.teardown(() => farm.stop());
    const { gateway, desktop } = farm;
    enrolPerson(gateway.store, Background.load(), "anna", 1, 1600);
    const { id } = gateway.store.enrol(agentName("anna"));
    enrolCode(gateway.store, id, "anna", "Example");
    const anna = new Typist(1);

    const page = await chromium.page({ width: 1024, height: 768 });
    await page.goto(`${gateway.url}/#token=${await farm.token("anna")}`);
    await page.waitForSelector("[data-state=connected]");
    const hand = new Hand(page);
    const held = new HeldSession([...gateway.proxy.sessions.values()].at(-1) as SessionControl, hand);
    const from = desktop.events.length;
    await play(anna.type(before, 0), hand, () => held.asked);
    await held.asks("code");
    const field = page.getByRole("textbox", { name: "The code that your authenticator app shows" });
    await field.waitFor();
    const wrong = gateway.tally.challenges.get("wrong-code") ?? 0;
    await page.keyboard.type("123");
    await page.keyboard.press("Enter");
    while (gateway.tally.challenges.get("wrong-code") !== wrong + 1) await page.waitForTimeout(20);
    await field.waitFor();
    t.equal(await field.inputValue(), "", "a wrong one is asked for again");
    await page.keyboard.type(codeAt(gateway.store, id, epochMillis(Date.now())) ?? "");
    await page.screenshot({ path: join(import.meta.dirname, "../../.tap", `dialog-${client}.png`) });
    await page.keyboard.press("Enter");
    await held.asks("phrase");
    t.notOk(await page.locator("#ask").isVisible(), "words are typed on the hold screen");
    await held.settle();
    await held.givePhrase(anna, () => gateway.tally.challenges.has("passed"));
    t.equal(gateway.tally.challenges.get("passed"), 1);
    while (gateway.tally.sessionsHeld > 0) await page.waitForTimeout(20);
    await play(anna.type("thanks", 0), hand);
    await desktop.ends("thanks", from);
    const received = desktop.typed(from);
    t.ok(
      before.startsWith(received.slice(0, -"thanks".length)) && received.endsWith("thanks"),
      "nothing of it was typed",
    );
    t.same(
      chromium.errors.splice(0).filter((error) => !error.includes("favicon")),
      [],
    );
  });
