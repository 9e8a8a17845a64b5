import { readFileSync } from "node:fs";
import t from "tap";
import { addAuthenticator, startChromium } from "../parts/chromium.ts";
import { startOperators } from "../parts/operators.ts";

/** The library that the console uses, for a page without a build. */
const library = readFileSync(
  new URL("../../node_modules/@simplewebauthn/browser/dist/bundle/index.umd.min.js", import.meta.url),
  "utf8",
);

/** Runs in the page, as the console does. */
const script = `
  const ask = async (path, body, csrf) => {
    const headers = { "content-type": "application/json", ...(csrf ? { "x-samehand-csrf": csrf } : {}) };
    const response = await fetch("/api/v1" + path, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: response.status, answer: await response.json() };
  };
  const add = async (csrf) => {
    const { answer } = await ask("/passkeys/options", {}, csrf);
    const response = await SimpleWebAuthnBrowser.startRegistration({ optionsJSON: answer.options });
    return ask("/passkeys", { challenge: answer.challenge, response, name: "test key" }, csrf);
  };
  const signIn = async (change = (response) => response) => {
    const { answer } = await ask("/sign-in/passkey/options", {});
    const given = await SimpleWebAuthnBrowser.startAuthentication({ optionsJSON: answer.options });
    const body = { challenge: answer.challenge, response: change(given) };
    const first = await ask("/sign-in/passkey", body);
    return { first, again: await ask("/sign-in/passkey", body) };
  };
  const forge = (response) => {
    const signature = response.response.signature;
    response.response.signature = (signature[9] === "A" ? "B" : "A") + signature.slice(1);
    response.response.authenticatorData = response.response.authenticatorData.replace(/^./, "A");
    return response;
  };
`;

t.test("a passkey is added, signs in, and cannot be forged or replayed", { timeout: 120_000 }, async (t) => {
  const { admin, store } = await startOperators(t);
  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page();
  await addAuthenticator(page);
  const run = (expression: string): Promise<unknown> =>
    page.evaluate(`(async () => { ${script}; return ${expression}; })()`);
  // What no page is served at has no script of its own; its origin is what counts.
  await page.goto(`${admin.url}/healthz`);
  await page.evaluate(library);
  const link = admin.firstRunUrl()?.split("#link=")[1];
  const { answer } = (await run(`ask("/sign-in/link", { link: "${link}" })`)) as { answer: { csrf: string } };
  t.match(await run(`add("${answer.csrf}")`), { status: 200, answer: { name: "test key" } });
  t.equal(admin.firstRunUrl(), null, "no link is printed any more");
  t.match(await run(`ask("/sign-out", {}, "${answer.csrf}")`), { status: 200 });
  t.match(await run("signIn(forge)"), { first: { status: 401 }, again: { status: 401 } });
  t.match(await run("signIn()"), {
    first: { status: 200, answer: { by: "passkey", name: "first operator", passkeys: 1 } },
    again: { status: 401, answer: { code: "sign-in-refused" } },
  });
  t.match(store.audit.newest(1), [{ action: "operator.signed-in", why: "passkey" }]);
});
