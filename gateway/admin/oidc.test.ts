import t from "tap";
import { startWithProvider } from "../../test/parts/identity-provider.ts";
import { Browser } from "../../test/parts/operators.ts";

/** A browser that follows redirects by hand, with one jar for every site. */
class Jar {
  readonly cookies = new Map<string, string>();

  async go(url: string, form?: Record<string, string>): Promise<Response> {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Signs in at the provider as somebody. @returns the address that the provider sends the browser back to */
  async atProvider(start: string, login: string): Promise<string> {
    let here = start;
    let response = await this.go(here);
    for (let step = 0; step < 12; step++) {
      const location = response.headers.get("location");
      if (location !== null) {
        here = new URL(location, here).href;
        if (here.includes("/sign-in/oidc/callback")) return here;
        response = await this.go(here);
      } else {
        const prompt = (await response.text()).includes('value="login"') ? "login" : "consent";
        response = await this.go(here, { prompt, login, password: "any" });
      }
    }
    throw new Error("the provider did not send back");
  }
}

const browserOf = (url: string, jar: Jar): Browser => {
  const browser = new Browser(url);
  browser.cookie = [...jar.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  return browser;
};

t.test("the provider's groups give roles, for as long as the sign-in lasts", { timeout: 60_000 }, async (t) => {
  const { admin, store } = await startWithProvider(t);
  const first = await new Browser(admin.url).signIn(admin.firstRunUrl() ?? "");
  const jar = new Jar();
  t.match((await new Browser(admin.url).ask("GET", "/sign-in")).answer, { oidc: { name: "Test provider" } });
  const back = await jar.atProvider(`${admin.url}/api/v1/sign-in/oidc`, "kim");
  const done = await jar.go(back);
  t.match([done.status, done.headers.get("location")], [302, "/console/"]);
  const who = await browserOf(admin.url, jar).ask("GET", "/whoami");
  t.match(who, { status: 200, answer: { name: "oidc:kim@example.com", by: "oidc", roles: ["responder"] } });
  t.match(store.audit.newest(1), [{ actor: "operator:oidc:kim@example.com", action: "operator.signed-in" }]);
  t.equal((await jar.go(back)).status, 401, "an answer is good once");
  const kim = `/operators/${encodeURIComponent("oidc:kim@example.com")}`;
  const given = await first.ask("PUT", `${kim}/roles`, { roles: ["admin"] });
  t.match(given, { status: 409, answer: { code: "act-refused" } }, "the groups alone give roles");
  t.equal((await first.ask("DELETE", kim, { reason: "left the company" })).status, 200);
  t.equal((await browserOf(admin.url, jar).ask("GET", "/whoami")).status, 401, "a removed operator is out at once");
});

t.test("who has no group here, or did not begin here, is refused", { timeout: 60_000 }, async (t) => {
  const { admin, store } = await startWithProvider(t);
  const lee = new Jar();
  const refused = await lee.go(await lee.atProvider(`${admin.url}/api/v1/sign-in/oidc`, "lee"));
  t.match([refused.status, await refused.json()], [403, { code: "role-missing" }]);
  t.equal(store.operators.find("oidc:lee@example.com"), null);
  const kim = new Jar();
  const back = await kim.atProvider(`${admin.url}/api/v1/sign-in/oidc`, "kim");
  const other = await new Jar().go(back);
  t.match([other.status, await other.json()], [401, { code: "sign-in-refused" }], "another browser");
  const changed = await kim.go(back.replace(/code=[^&]+/, "code=forged"));
  t.match([changed.status, await changed.json()], [401, { code: "sign-in-refused" }]);
});

t.test("many sign in from one address; only who fails is slowed down", { timeout: 60_000 }, async (t) => {
  const { admin } = await startWithProvider(t);
  for (let person = 0; person < 6; person++) {
    const jar = new Jar();
    const done = await jar.go(await jar.atProvider(`${admin.url}/api/v1/sign-in/oidc`, "kim"));
    t.match([done.status, done.headers.get("location")], [302, "/console/"]);
  }
});
