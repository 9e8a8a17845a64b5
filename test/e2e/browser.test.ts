/**
 * The agent's page in a real browser, on a real desktop, with both current clients: 1.5.0, which wants whole
 * instructions in each message, and 1.6.0. What X received and what the screen showed is what counts.
 */
import t from "tap";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import type { SessionControl } from "../../gateway/core/session.ts";
import { SamehandError } from "../../gateway/core/errors.ts";
import { agentPages } from "../../gateway/pages/pages.ts";
import { decision } from "../fixtures/decision.ts";
import { colourAt, startChromium } from "../parts/chromium.ts";
import { type Farm, startFarm } from "../parts/farm.ts";
import { withoutRepeats } from "../parts/hand.ts";
import { showDesktop } from "../parts/on-desktop.ts";

const { resolve } = createRequire(import.meta.url);
const strict = join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js");
const clients = {
  "guacamole-common-js 1.5.0": { ...agentPages().get("/guacamole.js")!, body: readFileSync(strict) },
  "@glokon/guacamole-common-js 1.6.0": agentPages().get("/guacamole.js")!,
};

/** Waits until the colour there is, or is no longer, what is asked for. */
async function waitForColour(page: Page, x: number, y: number, fits: (colour: string) => boolean): Promise<string> {
  for (let tries = 0; ; tries++) {
    const seen = await colourAt(page, x, y);
    if (fits(seen)) return seen;
    if (tries === 100) throw new Error(`the screen shows ${seen} at ${x},${y}`);
    await page.waitForTimeout(50);
  }
}

async function openPage(farm: Farm, page: Page): Promise<SessionControl> {
  await showDesktop(page, async () => `${farm.gateway.url}/#token=${await farm.token("alex")}`);
  const control = [...farm.gateway.proxy.sessions.values()].at(-1);
  if (control === undefined) throw new Error("no session");
  return control;
}

const chromium = await startChromium();
t.teardown(() => chromium.stop());

for (const [name, library] of Object.entries(clients))
  t.test(name, async (t) => {
    const farm = await startFarm({ pages: new Map([...agentPages(), ["/guacamole.js", library]]) });
    t.teardown(() => farm.stop());
    const { desktop } = farm;
    const page = await chromium.page({ width: 1024, height: 768 });
    await withoutRepeats(page);
    const control = await openPage(farm, page);

    await t.test("the picture arrives, and follows what happens on the desktop", async (t) => {
      const white = await waitForColour(page, 500, 500, (it) => it === "255 255 255");
      t.equal(white, "255 255 255", "xev's window");
      await desktop.run("usr/bin/xdotool", ["search", "--name", "Event Tester", "windowsize", "400", "768"]);
      t.equal(await waitForColour(page, 800, 500, (it) => it !== white), "36 64 107", "the ground appeared beside it");
      await desktop.run("usr/bin/xdotool", ["search", "--name", "Event Tester", "windowsize", "1024", "768"]);
      await waitForColour(page, 800, 500, (it) => it === white);
    });

    await t.test("X receives exactly what is typed and where is pointed", async (t) => {
      const from = desktop.events.length;
      await page.mouse.move(200, 300);
      await page.mouse.down();
      await page.mouse.up();
      await page.keyboard.type("Same hand, 42");
      await page.keyboard.press("!", { delay: 600 });
      await desktop.ends("!", from);
      await desktop.settled();
      t.equal(desktop.typed(from), "Same hand, 42!");
      const clicks = desktop.events.slice(from).filter((event) => event.kind === "button");
      t.same(clicks, [
        { kind: "button", button: 1, pressed: true, x: 200, y: 300 },
        { kind: "button", button: 1, pressed: false, x: 200, y: 300 },
      ]);
      const held = desktop.events.slice(from).filter((event) => event.kind === "key");
      t.equal(
        held.filter((it) => it.pressed).length,
        held.filter((it) => !it.pressed).length,
        "every key came up again",
      );
    });

    await t.test("a quarantine covers the desktop and holds input; a release gives both back", async (t) => {
      const before = desktop.events.length;
      await page.keyboard.down("Shift");
      await desktop.received((event) => event.kind === "key" && event.name === "Shift_L" && event.pressed, {
        from: before,
      });
      const held = desktop.events.length;
      control.quarantine(decision);
      await waitForColour(page, 500, 740, (it) => it !== "255 255 255");
      await desktop.received((event) => event.kind === "key" && event.name === "Shift_L" && !event.pressed, {
        from: held,
      });
      const from = desktop.events.length;
      await page.keyboard.up("Shift");
      await page.mouse.click(300, 300);
      await page.keyboard.type("held");
      await desktop.settled();
      t.same(desktop.events.slice(from), [], "X received nothing in quarantine");
      t.equal(await page.getAttribute("body", "data-state"), "connected", "the client is at ease");
      control.release(decision);
      await waitForColour(page, 500, 740, (it) => it === "255 255 255");
      await page.keyboard.type("free");
      await desktop.ends("free", from);
      await desktop.settled();
      t.equal(desktop.typed(from), "free");
    });

    await t.test("a sever is told in words, and nothing reconnects", async (t) => {
      let tunnels = 0;
      page.on("websocket", () => void tunnels++);
      control.sever(new SamehandError("session-severed"));
      await page.waitForSelector("[data-state=ended]");
      t.equal(await page.textContent("#title"), "This session was ended");
      t.match(await page.textContent("#text"), /no longer matches the enrolled agent/);
      t.equal(await page.textContent("#code"), "Status 523");
      t.notOk(await page.isVisible("#again"), "no way back is offered");
      const from = desktop.events.length;
      await page.keyboard.type("after");
      // the stock client counts down fifteen seconds before it reconnects; this page must not begin to
      await page.waitForTimeout(3000);
      await desktop.settled();
      t.equal(tunnels, 0);
      t.same(desktop.events.slice(from), []);
      t.equal(farm.gateway.proxy.sessions.size, 0);
    });
    t.same(
      chromium.errors.splice(0).filter((error) => !error.includes("favicon")),
      [],
      "the page threw nothing, and broke no security policy",
    );
  });

t.test("a link that was used is not used again, and one without a token says so", async (t) => {
  const farm = await startFarm();
  t.teardown(() => farm.stop());
  const page = await chromium.page();
  await openPage(farm, page);
  await page.reload();
  await page.waitForSelector("[data-state=ended]");
  t.equal(await page.textContent("#title"), "This link was used");
  const other = await chromium.page();
  await other.goto(farm.gateway.url);
  await other.waitForSelector("[data-state=ended]");
  t.equal(await other.textContent("#title"), "This page needs a link");
  await other.goto(`${farm.gateway.url}/#token=nonsense&renew=https://elsewhere.test/`);
  await other.getByRole("heading", { name: "You cannot connect with this link" }).waitFor();
  t.notOk(await other.isVisible("#again"), "a renewal on another host is not offered");
});
