/**
 * A held session is confirmed from another device: a passkey is added by a one-time link and used by the link that the
 * hold screen shows, in Chromium with its virtual authenticator; then the words bring the agent back.
 */
import t from "tap";
import type { Page } from "playwright-core";
import { freePort } from "../../demo/program.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { passkeyLink } from "../../gateway/judge/agent-passkeys.ts";
import { addAuthenticator, startChromium } from "../parts/chromium.ts";
import { startDoubted } from "../parts/doubted.ts";
import { startFarm } from "../parts/farm.ts";

const chromium = await startChromium();
t.teardown(() => chromium.stop());

/** A device with an authenticator of its own. */
async function device(): Promise<Page> {
  const page = await chromium.page();
  await addAuthenticator(page);
  return page;
}

/** Opens a link and presses the button. @returns what the page then says */
async function follow(page: Page, link: string): Promise<string> {
  await page.goto("about:blank");
  await page.goto(link);
  await page.locator("#go").click();
  const state = page.locator("#state:not(:empty)");
  await state.waitFor();
  return (await state.textContent()) ?? "";
}

t.test("a passkey on another device, and then the words", { timeout: 180_000 }, async (t) => {
  const port = await freePort(0);
  const url = `http://localhost:${port}`;
  const doubted = await startDoubted({ "proof: code": "proof: passkey" }, { config: { listen: { port, url } } });
  const { farm, id } = doubted;
  t.teardown(() => farm.stop());
  const { gateway, desktop } = farm;
  const { store } = gateway;
  const site = { url, organisation: "Example" };
  const link = passkeyLink(store, id, site, epochMillis(Date.now()));

  const phone = await device();
  t.match(await follow(phone, link), /^Done/);
  t.equal(store.agentPasskeys.of(id).length, 1);
  t.match(store.audit.newest(1), [{ action: "agent.passkey-added" }]);
  const thief = await device();
  t.match(await follow(thief, link), /the link was used/, "a link adds one passkey");
  const other = store.enrol(agentName("bob"));
  t.match(await follow(thief, passkeyLink(store, other.id, site, epochMillis(Date.now()))), /^Done/);

  const client = await farm.viewer("anna");
  const from = desktop.events.length;
  const held = await doubted.hold(client);
  await held.asks("link");
  const field = held.prompts.at(-1)?.field;
  const address = field?.kind === "link" ? field.address : "";
  t.match(address, new RegExp(`^${url}/confirm#[\\w-]{22}$`));
  t.match(await follow(thief, `${url}/confirm#${"A".repeat(22)}`), /no session waits/, "nobody guesses the link");
  await follow(thief, address);
  t.equal(held.prompts.at(-1)?.field.kind, "link", "somebody else's passkey confirms nothing");
  t.match(await follow(phone, address), /^Confirmed/);
  await held.asks("phrase");
  t.match(await follow(phone, address), /no session waits/, "a link confirms once");

  await doubted.comesBack(t, held, client, from);
  await client.close();
});

t.test("where nobody knows the gateway's address there are no passkeys", async (t) => {
  const farm = await startFarm();
  t.teardown(() => farm.stop());
  const ask = (body: string, type = "application/json") =>
    fetch(`${farm.gateway.url}/confirm/options`, { method: "POST", headers: { "content-type": type }, body });
  t.equal((await ask(JSON.stringify({ secret: "A".repeat(22) }))).status, 404);
  t.equal((await ask("{}", "text/plain")).status, 400, "a form of another page's");
  t.equal((await ask("{")).status, 400);
  t.equal((await ask(`"${"a".repeat(40_000)}"`)).status, 413);
  t.equal((await fetch(`${farm.gateway.url}/confirm/options`)).status, 404);
});
