/** Every route against every kind of caller: who may is said once, here, and asked of the real listener. */
import { randomUUID } from "node:crypto";
import t from "tap";
import { type Caller, everyCaller } from "../../test/parts/callers.ts";
import { startOperators } from "../../test/parts/operators.ts";
import { may } from "./caller.ts";
import type { Role } from "./contract/operator.ts";
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
  const gateway = await startOperators(t);
  const { admin, store, time } = gateway;
  const callers = await everyCaller(gateway);
  const names = () => store.operators.all().map(({ name, roles }) => `${name}: ${roles.join(" ")}`);
  const before = names();
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
  t.same(names(), before, "and nothing of it did anything");
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
