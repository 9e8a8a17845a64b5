/** Every route against every kind of caller: who may is said once, here, and asked of the real listener. */
import { randomUUID } from "node:crypto";
import t from "tap";
import { Browser, startOperators } from "../../test/parts/operators.ts";
import { may } from "./caller.ts";
import { type Role, role } from "./contract/operator.ts";
import type { Route } from "./contract/route.ts";
import { routes } from "./contract/routes.ts";

type Method = Route["method"] | "HEAD";
/** What may be asked, and who may; `may` null: anybody. */
interface Asked {
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  readonly may: Role | null;
}

/** Paths that exist as far as the route goes; signing out comes last, since it ends what comes after. */
const asked: Asked[] = Object.entries<Route>(routes)
  .map(([name, { method, path, may }]) => ({
    name,
    method,
    path: path.replace(":id", randomUUID()).replace(":name", "nobody"),
    may,
  }))
  .flatMap((each): Asked[] => (each.method === "GET" ? [each, { ...each, method: "HEAD" }] : [each]))
  .concat({ name: "openapi", method: "GET", path: "/openapi.json", may: "viewer" })
  .concat({ name: "events", method: "GET", path: "/events", may: "viewer" })
  .toSorted((a, b) => Number(a.name === "signOut") - Number(b.name === "signOut"));

interface Caller {
  readonly who: string;
  readonly headers: Record<string, string>;
  /** null: nobody that is known. */
  readonly roles: readonly Role[] | null;
  /** Whether what it changes must be refused as not the console's own doing. */
  readonly forged?: boolean;
  /** Whether even signing in must be: a page elsewhere sends it. */
  readonly elsewhere?: boolean;
}

/** What must come of it: a refusal's code; null: it is let through, to whatever the handler says of a made-up request. */
function due({ method, may: needed }: Asked, { roles, forged, elsewhere }: Caller): string | null {
  const changes = method !== "GET" && method !== "HEAD";
  if (needed === null) return changes && elsewhere === true ? "request-forged" : null;
  if (roles === null) return "sign-in-needed";
  if (changes && forged === true) return "request-forged";
  return may({ roles }, needed) ? null : "role-missing";
}

const refusals: Readonly<Record<string, number>> = {
  "sign-in-needed": 401,
  "request-forged": 403,
  "role-missing": 403,
};

t.test("every route answers whom it must, and refuses everybody else before anything else", async (t) => {
  const { admin, signedIn, store, time } = await startOperators(t);
  const first = await signedIn();
  const operator = async (name: string, roles: readonly Role[]): Promise<Browser> => {
    const { answer } = await first.ask("POST", "/operators", { name, roles });
    time.now += 10_000;
    return new Browser(admin.url).signIn(String(answer["url"]));
  };
  const token = async (roles: readonly Role[], by = first, days: number | null = null) => {
    const { answer } = await by.ask("POST", "/tokens", { name: "any", roles, days });
    return { id: String(answer["id"]), headers: { authorization: `Bearer ${String(answer["secret"])}` } };
  };
  const signs = ({ cookie, csrf }: Browser) => ({ cookie, "x-samehand-csrf": csrf });
  const all = role.options;

  // Those whose time is over come first: the clock goes on.
  const idle = await operator("idle", all);
  const short = await token(all, first, 0.01);
  for (const minutes of [16, 16]) {
    time.now += minutes * 60_000;
    await first.ask("GET", "/whoami");
  }
  const gone = await operator("gone", all);
  const goneToken = await token(all, gone);
  await first.ask("DELETE", "/operators/gone");
  const out = await operator("out", all);
  const held = signs(out);
  await out.ask("POST", "/sign-out");
  const revoked = await token(all);
  await first.ask("DELETE", `/tokens/${revoked.id}`);
  const loser = await operator("loser", all);
  const losers = await token(all, loser);
  await first.ask("PUT", "/operators/loser/roles", { roles: ["responder"] });
  const whole = await operator("whole", all);
  const wholes = await token(all, whole);
  const machine = await token(all);
  const host = new URL(admin.url).host;

  const callers: Caller[] = [
    { who: "a stranger", headers: {}, roles: null },
    { who: "a forged cookie", headers: { cookie: "samehand-operator=forged", "x-samehand-csrf": "x" }, roles: null },
    { who: "an empty cookie", headers: { cookie: "samehand-operator=" }, roles: null },
    { who: "another cookie's name", headers: { cookie: whole.cookie.replace("operator", "other") }, roles: null },
    { who: "an idle sign-in", headers: signs(idle), roles: null },
    { who: "a removed operator", headers: signs(gone), roles: null },
    { who: "a removed operator's token", headers: goneToken.headers, roles: null },
    { who: "a sign-in that was ended", headers: held, roles: null },
    { who: "an expired token", headers: short.headers, roles: null },
    { who: "a revoked token", headers: revoked.headers, roles: null },
    { who: "no token's secret", headers: { authorization: `Bearer ${"a".repeat(43)}` }, roles: null },
    {
      who: "another scheme",
      headers: { authorization: wholes.headers.authorization.replace("Bearer", "Basic") },
      roles: null,
    },
    {
      who: "a wrong token beside a right cookie",
      headers: { ...signs(whole), authorization: "Bearer x" },
      roles: null,
    },
    { who: "a cookie alone", headers: { cookie: whole.cookie }, roles: all, forged: true },
    {
      who: "a guessed token against forgery",
      headers: { ...signs(whole), "x-samehand-csrf": "guess" },
      roles: all,
      forged: true,
    },
    { who: "somebody else's", headers: { ...signs(whole), "x-samehand-csrf": loser.csrf }, roles: all, forged: true },
    {
      who: "a page elsewhere",
      headers: { ...signs(whole), "sec-fetch-site": "cross-site" },
      roles: all,
      forged: true,
      elsewhere: true,
    },
    {
      who: "a neighbour's page",
      headers: { ...signs(whole), "sec-fetch-site": "same-site" },
      roles: all,
      forged: true,
      elsewhere: true,
    },
    {
      who: "another origin",
      headers: { ...signs(whole), origin: "https://evil.example" },
      roles: all,
      forged: true,
      elsewhere: true,
    },
    {
      who: "no origin at all",
      headers: { ...signs(whole), origin: "null" },
      roles: all,
      forged: true,
      elsewhere: true,
    },
    { who: "a page elsewhere, unknown", headers: { "sec-fetch-site": "cross-site" }, roles: null, elsewhere: true },
    {
      who: "the console",
      headers: { ...signs(first), "sec-fetch-site": "same-origin", origin: admin.url },
      roles: all,
    },
    {
      who: "the console by another name",
      headers: { ...signs(loser), origin: `http://${host}` },
      roles: ["responder"],
    },
    { who: "a token whose owner lost roles", headers: losers.headers, roles: ["viewer", "responder"] },
    { who: "a token", headers: machine.headers, roles: all },
  ];
  for (const one of all) {
    callers.push({ who: `the role ${one}`, headers: signs(await operator(`only ${one}`, [one])), roles: [one] });
    callers.push({ who: `a token with ${one}`, headers: (await token([one])).headers, roles: [one] });
  }
  const before = store.operators
    .all()
    .map(({ name }) => name)
    .toSorted();
  const tokens = store.operators.tokens().length;
  let tried = 0;
  for (const caller of callers)
    for (const each of asked) {
      // An address may try to sign in six times a minute.
      if (each.may === null && each.method === "POST") time.now += 10_000;
      const { status, code, safe } = await answerOf(admin.url, each, caller.headers);
      const expected = due(each, caller);
      const told = `${caller.who}: ${each.method} ${each.path} is ${status} ${code}`;
      if (expected === null) t.notOk(Object.hasOwn(refusals, code) || status === 401 || status === 403, told);
      else t.same([status, each.method === "HEAD" ? expected : code], [refusals[expected], expected], told);
      t.ok(safe, `${told}: framed by nobody, and kept by no cache`);
      tried += 1;
    }
  t.equal(tried, callers.length * asked.length);
  t.same(
    store.operators
      .all()
      .map(({ name }) => name)
      .toSorted(),
    before,
    "and nothing of it did anything",
  );
  t.same(store.operators.tokens().length, tokens);
});

/** Made-up requests: what is let through is refused by the handler, or reads. */
async function answerOf(url: string, { method, path, may }: Asked, headers: Record<string, string>) {
  const stop = new AbortController();
  const body =
    method === "GET" || method === "HEAD" ? {} : { body: may === null ? '{"link": "", "challenge": ""}' : "{}" };
  const json = "body" in body ? { "content-type": "application/json" } : {};
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...json, ...headers },
    ...body,
    signal: stop.signal,
  });
  const { status, headers: answered } = response;
  const safe =
    answered.get("content-security-policy")?.includes("frame-ancestors 'none'") === true &&
    answered.get("cache-control") === "no-store" &&
    answered.get("x-content-type-options") === "nosniff";
  const problem = answered.get("content-type")?.startsWith("application/problem+json") === true;
  const code = problem && method !== "HEAD" ? ((await response.json()) as { code: string }).code : "";
  stop.abort();
  return { status, code, safe };
}
