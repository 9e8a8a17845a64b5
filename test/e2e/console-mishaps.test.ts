/**
 * What goes wrong around an operator, in Chromium: a button that becomes another one under the hand, a link in a tab
 * that is open already, a stream that a proxy refuses, sign-ins that end, a part of the gateway that is silent, two who
 * change one policy.
 */
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import type { LiveSummary } from "../../gateway/core/live.ts";
import { accessible } from "../parts/accessible.ts";
import { startChromium, type TestChromium } from "../parts/chromium.ts";
import { madeUpWall } from "../parts/made-up-wall.ts";
import { Browser, startOperators } from "../parts/operators.ts";

let chromium: TestChromium;
t.before(async () => {
  chromium = await startChromium();
});
t.teardown(() => chromium.stop());

const alert = (page: Page, words: string) => page.getByRole("alert").filter({ hasText: words }).waitFor();
const open = (page: Page, name: string) => page.getByRole("navigation").getByRole("link", { name }).click();
const signedIn = (page: Page) => page.getByRole("navigation", { name: "Pages" }).waitFor();

/** A page of the first operator's, at a place of the console. */
async function pageAt(t: Test, url: string, place = ""): Promise<Page> {
  const page = await chromium.page({ width: 1280, height: 800 });
  t.teardown(() => page.context().close());
  await page.goto(url);
  await signedIn(page);
  if (place !== "") await page.goto(`${new URL(url).origin}/console/#/${place}`);
  return page;
}

t.test("what was asked for is done, whatever the button has become", { timeout: 60_000 }, async (t) => {
  const { admin, open: openSession, work, enrol } = await startOperators(t);
  await enrol("anna", 1);
  const session = await openSession("anna");
  work(session, 1, 9, 150);
  const page = await pageAt(t, admin.firstRunUrl()!, `session/${session.id}`);
  await page.getByRole("button", { name: "Quarantine" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("does not pick up the phone");
  work(session, 2, 9, 400, () => session.watch.verdict === "quarantine");
  await page.locator("h1 .verdict.quarantine").waitFor();
  await dialog.locator("[type=submit]").click();
  await page.getByText("Quarantine anna: done").waitFor();
  t.equal(session.watch.verdict, "quarantine", "the policy held it meanwhile, and it stays held");
  t.notOk(session.acts.includes("release"));
});

t.test("of a session that is over the end is told, to whoever comes later too", { timeout: 60_000 }, async (t) => {
  const { admin, open: openSession } = await startOperators(t);
  const session = await openSession("anna");
  const page = await pageAt(t, admin.firstRunUrl()!, `session/${session.id}`);
  await page.getByRole("button", { name: "Sever" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("not the agent");
  await page.getByRole("dialog").getByRole("button", { name: "Sever" }).click();
  await page.getByText("severed by an operator").waitFor();
  t.equal(await page.getByText(/^(trusted|not known yet)$/).count(), 0, "nothing says how it stands");
  await accessible(t, page, "session-ended");
  await page.reload();
  await page.getByText("severed by an operator").waitFor();
  t.match(await page.locator("h1").innerText(), /anna\s+ended/);
});

t.test("a link signs in where the console is open; somebody else's link is kept", { timeout: 60_000 }, async (t) => {
  const { admin } = await startOperators(t);
  const page = await chromium.page();
  t.teardown(() => page.context().close());
  await page.goto(`${admin.url}/console/`);
  await page.getByText("Nobody has signed in here yet").waitFor();
  await page.goto(admin.firstRunUrl()!); // the same page but for what is behind #: nothing is loaded
  await signedIn(page);
  t.notOk(page.url().includes("link="));
  t.equal(await page.title(), "Sessions · Samehand");

  await page.goto(admin.firstRunUrl()!);
  await alert(page, "The one-time link was not used: you are signed in as first operator");
  t.notOk(page.url().includes("link="));
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Samehand" }).waitFor();
  t.equal(await page.getByRole("navigation").count(), 0, "nobody is signed in by it afterwards");
});

t.test("a sign-out that nobody heard is told; a sign-in that ended is seen", { timeout: 60_000 }, async (t) => {
  const { admin } = await startOperators(t);
  const page = await pageAt(t, admin.firstRunUrl()!);
  await page.route("**/sign-out", (route) => route.abort());
  await page.getByRole("button", { name: "Sign out" }).click();
  await alert(page, "You are still signed in");
  await page.unroute("**/sign-out");
  await page.context().clearCookies();
  await open(page, "Agents");
  await page.getByText("Your sign-in has ended").waitFor();
});

t.test("a stream that a proxy refuses comes back, and is not called live before", { timeout: 60_000 }, async (t) => {
  const { admin, open: openSession } = await startOperators(t);
  await openSession("anna");
  const page = await chromium.page();
  t.teardown(() => page.context().close());
  const refused = page.waitForRequest("**/api/v1/events");
  await page.route("**/api/v1/events", (route) => route.fulfill({ status: 502, body: "the gateway is restarted" }));
  await page.clock.install();
  await page.goto(admin.firstRunUrl()!);
  await refused;
  await page.clock.fastForward(8000);
  await alert(page, "The live stream of the gateway does not come");
  t.equal(
    await page
      .getByText("mode", { exact: false })
      .filter({ hasText: /^(report|enforce) mode$/ })
      .count(),
    0,
  );
  await page.unroute("**/api/v1/events");
  await page.clock.fastForward(4000);
  await page.getByRole("row").filter({ hasText: "anna" }).waitFor();
});

t.test("sessions that cannot be seen are not left out in silence", { timeout: 60_000 }, async (t) => {
  const all = await madeUpWall(3).list();
  let silent = 1;
  const live = { ...madeUpWall(0), list: () => Promise.resolve({ ...all, silent }) };
  const { admin } = await startOperators(t, "enforce", { live });
  const page = await pageAt(t, admin.firstRunUrl()!);
  await alert(page, "1 process of the gateway does not answer");
  await accessible(t, page, "silent");
  silent = 0;
  await page.getByText("does not answer").waitFor({ state: "detached" });
});

t.test("the wall stays where it was, and shows what is in sight", { timeout: 60_000 }, async (t) => {
  const sessions: LiveSummary[] = [...(await madeUpWall(300).list()).sessions];
  const live = { ...madeUpWall(0), list: () => Promise.resolve({ sessions, silent: 0 }) };
  const { admin } = await startOperators(t, "enforce", { live });
  const page = await pageAt(t, admin.firstRunUrl()!);
  const rows = page.locator(".rows");
  const inSight = () => page.getByRole("link", { name: /^agent-/ }).first();
  await inSight().waitFor();
  await rows.evaluate((box: { scrollTop: number }) => void (box.scrollTop = 9000));
  await page.getByRole("row").nth(20).waitFor();
  const search = page.getByRole("searchbox");
  await search.fill("nobody");
  await page.getByText("No live session fits").waitFor();
  await search.fill("agent");
  const seen =
    "[...document.querySelectorAll('.all .row')].filter((row) => { const box = document.querySelector('.rows').getBoundingClientRect(), { top } = row.getBoundingClientRect(); return top > box.top && top < box.bottom; }).length";
  await page.waitForFunction(`${seen} > 5`);

  const link = page.getByRole("link", { name: /^agent-/ }).nth(12);
  const name = await link.innerText();
  const tab = page.context().waitForEvent("page");
  await link.click({ modifiers: ["ControlOrMeta"] });
  await (await tab).close();
  t.equal(new URL(page.url()).hash, "", "another tab was asked for, and this one stays");
  await link.click();
  await page.getByRole("heading", { level: 1, name: "Session" }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name }).waitFor();
  t.equal(await search.inputValue(), "agent", "the search is as it was left");
  await page.waitForFunction(`document.querySelector(".rows").scrollTop > 5000`);
});

t.test("nobody is offered what they may not, and who may is called", { timeout: 60_000 }, async (t) => {
  const { admin, open: openSession, signedIn: first } = await startOperators(t, "enforce", { fourEyes: ["release"] });
  const session = await openSession("anna");
  const browser = await first();
  const invite = async (name: string, role: string): Promise<string> => {
    const { answer } = await browser.ask("POST", "/operators", { name, roles: [role], reason: "test" });
    return String(answer["url"]);
  };
  const kim = await new Browser(admin.url).signIn(await invite("kim", "responder"));
  await kim.ask("POST", `/sessions/${session.id}/quarantine`, { reason: "called by phone" });
  await kim.ask("POST", `/sessions/${session.id}/release`, { reason: "it was her" });
  const asked = "kim asks to release anna: it was her";
  for (const [name, role, buttons] of [
    ["viv", "viewer", []],
    ["kim", "responder", ["Take back"]],
    ["bo", "responder", ["Approve", "Refuse"]],
  ] as const) {
    const page = await pageAt(t, await invite(name, role), "account");
    const line = page.getByRole("listitem").filter({ hasText: asked });
    await line.waitFor();
    t.same(await line.getByRole("button").allInnerTexts(), buttons, name);
    const called = page.getByRole("navigation").getByText("1 request");
    if (name === "bo") await called.waitFor();
    else t.equal(await called.count(), 0);
  }
});

t.test("who loses a role, or signs out in another tab, is told", { timeout: 60_000 }, async (t) => {
  const { admin, open: openSession, signedIn: first } = await startOperators(t);
  const session = await openSession("anna");
  const browser = await first();
  const invite = async (name: string): Promise<string> => {
    const { answer } = await browser.ask("POST", "/operators", { name, roles: ["responder"], reason: "test" });
    return String(answer["url"]);
  };
  const page = await pageAt(t, await invite("kim"), `session/${session.id}`);
  const sever = async (): Promise<void> => {
    await page.getByRole("button", { name: "Sever" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill("not the agent");
    await page.getByRole("dialog").getByRole("button", { name: "Sever" }).click();
  };
  await page.getByRole("button", { name: "Sever" }).waitFor();
  await browser.ask("PUT", "/operators/kim/roles", { roles: ["viewer"], reason: "changed teams" });
  await sever();
  await alert(page, "Your roles were changed. You have these now: viewer.");
  t.equal(await page.getByRole("button", { name: "Sever" }).count(), 0);
  await page.getByRole("button", { name: "Close" }).click();

  const tab = await page.context().newPage();
  await tab.goto(`${admin.url}/console/`);
  await tab.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Your sign-in has ended").waitFor();
  t.same(session.acts, []);
});

t.test("a passkey that was not given is not called a gateway that is away", { timeout: 60_000 }, async (t) => {
  const { admin } = await startOperators(t);
  const page = await pageAt(t, admin.firstRunUrl()!, "account");
  await page.evaluate(`navigator.credentials.create = () => Promise.reject(new DOMException("no", "NotAllowedError"))`);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await alert(page, "No passkey was given");
});

t.test("a draft does not take back what somebody else applied meanwhile", { timeout: 60_000 }, async (t) => {
  const { admin, signedIn: first, settings } = await startOperators(t);
  const browser = await first();
  const page = await pageAt(t, admin.firstRunUrl()!, "policy");
  const draft = page.getByRole("textbox", { name: "Draft" });
  const text = await draft.inputValue();
  await draft.fill(text.replace("lockMinutes: 60", "lockMinutes: 61"));
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText("Valid. Thresholds that follow").waitFor();
  await page.getByRole("button", { name: "Apply" }).first().click();
  await page.getByRole("dialog").getByRole("textbox").fill("longer locks");
  const other = text.replace("quarantineSeconds: 120", "quarantineSeconds: 90");
  t.equal((await browser.ask("PUT", "/policy", { text: other, reason: "shorter holds" })).status, 200);
  await page.getByRole("dialog").getByRole("button", { name: "Apply" }).click();
  await alert(page, "the policy was changed meanwhile");
  t.equal(settings.policy.quarantineSeconds, 90);
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Begin anew from what stands" }).click();
  t.equal(await draft.inputValue(), other);
});
