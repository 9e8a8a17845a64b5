/** The agents' own pages in Chromium where something goes wrong: said in words, and never an endless wait. */
import t from "tap";
import { parseConfig } from "../../config/load.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { startGateway } from "../../gateway/gateway.ts";
import { issueSamehandToken } from "../../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../../gateway/settings.ts";
import { accessible } from "../parts/accessible.ts";
import { startChromium } from "../parts/chromium.ts";

const text = `listen: {port: 0}
metrics: {port: 0}
admin: {port: 0}
connections: {desk: {protocol: vnc}}
`;

t.test("links in a tab that is open, a gateway that is away, a passkey that is not given", async (t) => {
  t.setTimeout(60_000);
  const keyFiles = { "samehand.keys": newKeyLine(new Date()), "samehand.token-keys": newKeyLine(new Date()) };
  const { config } = parseConfig(text, `${t.testdir(keyFiles)}/samehand.yaml`, {});
  const gateway = await startGateway(config, { log: silentLog });
  t.teardown(() => gateway.close());
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page({ width: 390, height: 844 });
  const link = async (agent: string): Promise<string> => {
    const claims = { agent, connection: "desk", expires: epochMillis(Date.now() + 60_000) };
    return `${gateway.url}/me#token=${await issueSamehandToken(claims, tokenKeys(config))}`;
  };
  const add = page.getByRole("button", { name: "Add a passkey of this device" });
  const state = (words: RegExp) => page.locator("#state").filter({ hasText: words }).waitFor();

  gateway.store.enrol(agentName("anna"));
  await page.goto(await link("anna"));
  await page.getByRole("heading", { name: "What is known about anna" }).waitFor();
  await accessible(t, page, "own-page");
  await page.goto(await link("bert")); // the same page but for what is behind #
  await page.getByRole("heading", { name: "What is known about bert" }).waitFor();
  t.notOk(page.url().includes("token="));
  await page.route("**/me.json", (route) => route.abort());
  await page.goto(await link("anna"));
  await state(/cannot be reached/);

  const options = {
    challenge: "AAAA",
    rp: { name: "Samehand", id: new URL(gateway.url).hostname },
    user: { id: "AAAA", name: "anna", displayName: "anna" },
    pubKeyCredParams: [{ alg: -7, type: "public-key" }],
  };
  await page.route("**/passkey/options", (route) => route.fulfill({ json: options }));
  await page.addInitScript(
    `navigator.credentials.create = () => Promise.reject(new DOMException("see https://www.w3.org", "NotAllowedError"))`,
  );
  await page.goto(`${gateway.url}/passkey#${"A".repeat(22)}`);
  await add.click();
  await state(/^No passkey was given/);
  await page.route("**/passkey/options", (route) => route.abort());
  await page.goto(`${gateway.url}/passkey#${"B".repeat(22)}`);
  await page.locator("#state:empty").waitFor({ state: "attached" });
  await add.click();
  await state(/The gateway cannot be reached/);
});
