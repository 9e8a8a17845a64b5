/**
 * What the console shows when there is nothing yet, while it waits, when it hears nothing, and when it is refused; and
 * a draft of the policy from the first change until it waits for a second person. Each is checked with axe-core.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Page, Route } from "playwright-core";
import t, { type Test } from "tap";
import { agentName } from "../../gateway/core/units.ts";
import { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { accessible } from "../parts/accessible.ts";
import { startChromium } from "../parts/chromium.ts";
import { startOperators } from "../parts/operators.ts";

const pages = ["Sessions", "Agents", "Policy", "Account"];
const open = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name }).click();
const heading = (page: Page, name: string) => page.getByRole("heading", { name, level: 1 }).waitFor();

t.test("empty, loading, refused and stale are each said in words", async (t) => {
  t.setTimeout(110_000);
  const { admin, store } = await startOperators(t);
  const line = await startLine(t, Number(new URL(admin.url).port));
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page({ width: 1280, height: 800 });
  await page.goto(`${line.url}/console/`);
  await page.getByText("Nobody has signed in here yet").waitFor();
  await accessible(t, page, "sign-in");

  await page.goto(admin.firstRunUrl()!.replace(admin.url, line.url));
  await page.getByRole("heading", { name: "No session is live" }).waitFor();
  await accessible(t, page, "empty-sessions");
  await open(page, "Agents");
  await page.getByText("No agent fits").waitFor();
  await accessible(t, page, "empty-agents");
  await open(page, "Policy");
  await page.getByText("No session was doubted").waitFor();
  await accessible(t, page, "empty-policy");

  // The agents' list hangs, then is refused; what was there before is not shown as if it were new.
  await open(page, "Sessions");
  const waiting: Route[] = [];
  const list = /api\/v1\/(agents|policy|session)/;
  await page.route(list, (route) => void waiting.push(route));
  for (const name of ["Agents", "Policy"]) {
    await open(page, name);
    await page.getByText("Loading").waitFor();
    await accessible(t, page, `loading-${name.toLowerCase()}`);
  }
  await page.unroute(list);
  await page.route(list, (route) => route.fulfill(problem));
  await Promise.all(waiting.map((route) => route.abort().catch(() => {})));
  for (const name of ["Agents", "Policy"]) {
    await open(page, "Account");
    await open(page, name);
    await page.getByRole("alert").filter({ hasText: "the store cannot be used" }).first().waitFor();
    await accessible(t, page, `refused-${name.toLowerCase()}`);
  }
  await page.unroute(list);
  await page.goto(`${line.url}/console/#/session/00000000-0000-4000-8000-000000000000`);
  await page.getByText("none of this name is on record").waitFor();
  await accessible(t, page, "session-gone");
  await page.goto(`${line.url}/console/#/agent/%`);
  await page.getByRole("heading", { name: "No session is live" }).waitFor();

  for (const name of pages) {
    await open(page, name);
    if (name !== "Sessions") await heading(page, name);
  }
  line.cut(true);
  await page.getByRole("alert").filter({ hasText: "has not been heard since" }).waitFor({ timeout: 20_000 });
  await accessible(t, page, "stale");
  line.cut(false);
  await page.locator(".freshness.live").waitFor({ timeout: 30_000 });
  t.equal(await page.getByRole("alert").filter({ hasText: "has not been heard" }).count(), 0);
  await page.getByText("cannot be reached").first().waitFor({ state: "detached" });
  await page.getByText("0 passkeys").waitFor();

  const tokens = page.locator("section").filter({ has: page.getByRole("heading", { name: "API tokens" }) });
  await tokens.getByRole("textbox", { name: "Name" }).fill("siem");
  await tokens.getByRole("button", { name: "Make a token" }).click();
  await tokens.getByText("of first operator").waitFor();
  await tokens.getByRole("button", { name: "Revoke the token siem" }).click();
  await accessible(t, page, "sure");
  const sure = page.getByRole("dialog", { name: "Revoke the token siem" });
  await sure.getByRole("button", { name: "Cancel" }).click();
  t.equal(store.operators.tokens().length, 1, "asked first");
  await tokens.getByRole("button", { name: "Revoke the token siem" }).click();
  await sure.getByRole("textbox").fill("not used any more");
  await sure.getByRole("button", { name: "Revoke" }).click();
  await tokens.getByText("of first operator").waitFor({ state: "detached" });
  t.equal(store.operators.tokens().length, 0);
  t.match(store.audit.newest(1), [{ action: "token.revoked", why: "not used any more", detail: { token: "siem" } }]);
});

/** A line to the gateway that can be cut, with what is on it. */
async function startLine(t: Test, port: number) {
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => (near.destroy(), far.destroy(), sockets.delete(socket)));
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (now: boolean): void => {
    whole = !now;
    if (now) for (const socket of sockets) socket.destroy();
  };
  t.teardown(() => (cut(true), server.close()));
  return { url: `http://localhost:${(server.address() as AddressInfo).port}`, cut };
}

const problem = {
  status: 503,
  contentType: "application/problem+json",
  body: JSON.stringify({
    type: "urn:samehand:problem:store-unavailable",
    title: "Service Unavailable",
    status: 503,
    code: "store-unavailable",
    detail: "the store cannot be used",
    action: "check the disk",
  }),
};

t.test("a draft is tried on the sessions that were, and waits for a second person", async (t) => {
  t.setTimeout(110_000);
  const {
    admin,
    enrol,
    open: openSession,
    work,
    folder,
    store,
  } = await startOperators(t, "report", {
    fourEyes: ["policy"],
  });
  await enrol("anna", 1);
  const taken = await openSession("anna");
  work(taken, 1, 78, 400);
  work(taken, 2, 5, 3000, () => taken.watch.decision.wouldBe === "quarantine");
  taken.watch.close(0 as never, null);
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page({ width: 1280, height: 900 });
  await page.goto(admin.firstRunUrl()!);
  await open(page, "Policy");
  await heading(page, "Policy");
  const draft = page.getByRole("textbox", { name: "Draft" });
  const text = await draft.inputValue();
  await draft.fill(text.replace("trust <=", "trst <="));
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("alert").filter({ hasText: "trst" }).waitFor();
  await accessible(t, page, "draft-invalid");
  t.ok(await page.getByRole("button", { name: "Apply" }).first().isDisabled());

  const lax = text.replaceAll("then: quarantine", "then: alert").replaceAll("then: sever", "then: alert");
  await draft.fill(lax);
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Valid. Thresholds that follow").waitFor();
  await page.getByRole("button", { name: /^What would it have done/ }).click();
  const replayed = page.getByRole("status").filter({ hasText: "With the draft" });
  await replayed.waitFor();
  t.match(await replayed.innerText(), /Now: 0 alerts, 1 quarantine, .*With the draft: 1 alert, 0 quarantines/s);
  t.match(await replayed.getByRole("listitem").innerText(), /anna[^]*quarantined[^]*→[^]*alert/i);
  await accessible(t, page, "draft-replayed");

  await page.getByRole("button", { name: "Apply" }).first().click();
  await page.getByRole("dialog").getByRole("textbox").fill("fewer alerts at night");
  await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
  await page.getByText("Somebody else must approve it").waitFor();
  t.equal(readFileSync(`${folder}/policy.yaml`, "utf8"), text, "nothing changed yet");
  await open(page, "Account");
  await page.getByText("The draft", { exact: true }).click();
  t.match(await page.locator("details pre").innerText(), /then: alert/);
  await accessible(t, page, "approval");
  t.equal(await page.getByRole("button", { name: "Approve" }).count(), 0, "nobody approves their own");
  await page.getByRole("button", { name: "Take back" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("not yet");
  await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await page.getByText("Waits for a second person").waitFor({ state: "detached" });
  t.equal(readFileSync(`${folder}/policy.yaml`, "utf8"), text);

  const { id } = store.agent(agentName("anna"))!;
  const background = Background.load();
  store.updateProfile(id, (newest) => {
    const profile = Profile.decode(newest!.body, background);
    const taught = { modality: "pointer" as const, statistics: profile.anchor.pointer, client: { medianMs: 8 } };
    profile.learnMode(background, { ...taught, day: 20_000, session: "session-1" });
    return { ...newest!, body: profile.encode() };
  });
  await open(page, "Agents");
  await page.getByRole("link", { name: "anna" }).click();
  const downloaded = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const exported = JSON.parse(readFileSync(await (await downloaded).path(), "utf8")) as { audit: object[] };
  t.match(exported, { name: "anna", profile: { template: String } });
  t.match(exported.audit.at(-1), { action: "agent.exported" });
  await accessible(t, page, "agent");

  await page.getByRole("listitem").filter({ hasText: "waits to be seen again" }).waitFor();
  await page.getByRole("button", { name: "Forget another mouse, 8 ms apart" }).click();
  await accessible(t, page, "forget-mode");
  await page.getByRole("dialog").getByRole("textbox").fill("not anna's mouse");
  await page.getByRole("dialog").getByRole("button", { name: "Forget another mouse, 8 ms apart" }).click();
  await page.getByText("One, so far.").waitFor();
  t.same(Profile.factsOf(store.profile(id)!.body).modes, []);
  t.match(store.audit.newest(1), [{ action: "agent.mode-forgotten", why: "not anna's mouse" }]);
});
