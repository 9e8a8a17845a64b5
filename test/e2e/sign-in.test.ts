/** Each way into the console, in Chromium: the printed link, a passkey, the organisation's provider; and out again. */
import type { Page } from "playwright-core";
import t, { type Test } from "tap";
import { accessible } from "../parts/accessible.ts";
import { addAuthenticator, startChromium } from "../parts/chromium.ts";
import { startWithProvider } from "../parts/identity-provider.ts";

async function setUp(t: Test) {
  const operators = await startWithProvider(t);
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  return { ...operators, page: await chromium.page(), url: `${operators.admin.url}/console/` };
}

const signedIn = (page: Page) => page.getByRole("navigation", { name: "Pages" }).waitFor();

t.test("by the printed link, once; then by a passkey", { timeout: 120_000 }, async (t) => {
  const { admin, page, url } = await setUp(t);
  await page.goto(url);
  await page.getByText("Nobody has signed in here yet").waitFor();
  await accessible(t, page, "first-sign-in");
  const link = admin.firstRunUrl()!;
  await page.goto("about:blank");
  await page.goto(link);
  await signedIn(page);
  await addAuthenticator(page);
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Remove" }).first().waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
  await accessible(t, page, "sign-in");
  await page.goto("about:blank");
  await page.goto(link);
  await page.getByRole("alert").waitFor();
  t.equal(await page.getByRole("navigation").count(), 0, "the link is spent");
  // By keyboard alone.
  await page.getByRole("button", { name: "Sign in with a passkey" }).focus();
  await page.keyboard.press("Enter");
  await signedIn(page);
});

t.test("through the provider; its groups say what one may do", { timeout: 120_000 }, async (t) => {
  const { page, url } = await setUp(t);
  const through = async (login: string): Promise<void> => {
    await page.goto(url);
    await page.getByRole("link", { name: "Sign in with Test provider" }).click();
    await page.locator("[name=login]").fill(login);
    await page.locator("[name=password]").fill("any");
    await page.locator("button[type=submit]").click();
    await page.getByRole("button", { name: "Continue" }).click();
  };
  await through("kim");
  await signedIn(page);
  await page.getByText("oidc:kim@example.com").waitFor();
  await page.getByRole("link", { name: "Account" }).click();
  await page.getByRole("heading", { name: "Account", level: 1 }).waitFor();
  t.equal(await page.getByRole("button", { name: "Invite" }).count(), 0, "a responder invites nobody");
  await page.context().clearCookies();
  await through("lee");
  await page.waitForURL(/sign-in\/oidc\/callback/);
  t.match(
    await page.innerText("main"),
    /You are not signed in\s+The operator has not the role.*\s+Ask an admin for it/,
  );
  await accessible(t, page, "sign-in-refused");
  await page.getByRole("link", { name: "Back to the sign-in" }).click();
  await page.getByRole("link", { name: "Sign in with Test provider" }).waitFor();
});
