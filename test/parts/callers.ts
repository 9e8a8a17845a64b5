/** Every kind of caller that the operators' listener may meet, made over its own API, each with what it may expect. */
import { type Role, role } from "../../gateway/admin/contract/operator.ts";
import { Browser, type startOperators } from "./operators.ts";

type Headers = Readonly<Record<string, string>>;

export interface Caller {
  readonly who: string;
  readonly headers: Headers;
  /** null: nobody that is known. */
  readonly roles: readonly Role[] | null;
  /** Whether what it changes must be refused as not the console's own doing. */
  readonly forged?: boolean;
  /** Whether even signing in must be: a page elsewhere sends it. */
  readonly elsewhere?: boolean;
}

const all = role.options;
const signs = ({ cookie, csrf }: Browser): Headers => ({ cookie, "x-samehand-csrf": csrf });
const unknown = (who: string, headers: Headers): Caller => ({ who, headers, roles: null });
const forged = (who: string, headers: Headers): Caller => ({ who, headers, roles: all, forged: true });
const elsewhere = (who: string, headers: Headers): Caller => ({ ...forged(who, headers), elsewhere: true });

export async function everyCaller({ admin, signedIn, time }: Awaited<ReturnType<typeof startOperators>>) {
  const first = await signedIn();
  const operator = async (name: string, roles: readonly Role[]): Promise<Browser> => {
    const { answer } = await first.ask("POST", "/operators", { name, roles });
    // An address may try to sign in six times a minute.
    time.now += 10_000;
    return new Browser(admin.url).signIn(String(answer["url"]));
  };
  const token = async (roles: readonly Role[], by = first, days: number | null = null) => {
    const { answer } = await by.ask("POST", "/tokens", { name: "any", roles, days });
    return { id: String(answer["id"]), headers: { authorization: `Bearer ${String(answer["secret"])}` } };
  };
  // Those whose time is over come first: the clock goes on.
  const idle = await operator("idle", all);
  const expired = await token(all, first, 0.01);
  for (const minutes of [16, 16]) {
    time.now += minutes * 60_000;
    await first.ask("GET", "/whoami");
  }
  const gone = await operator("gone", all);
  const goneToken = await token(all, gone);
  await first.ask("DELETE", "/operators/gone", { reason: "for the test" });
  const out = await operator("out", all);
  const ended = signs(out);
  await out.ask("POST", "/sign-out");
  const revoked = await token(all);
  await first.ask("DELETE", `/tokens/${revoked.id}`, { reason: "for the test" });
  const loser = await operator("loser", all);
  const losers = await token(all, loser);
  await first.ask("PUT", "/operators/loser/roles", { roles: ["responder"] });
  const whole = await operator("whole", all);
  const { authorization } = (await token(all, whole)).headers;
  const signed = signs(whole);

  const callers: Caller[] = [
    unknown("a stranger", {}),
    unknown("a forged cookie", { cookie: "samehand-operator=forged", "x-samehand-csrf": "x" }),
    unknown("an empty cookie", { cookie: "samehand-operator=" }),
    unknown("another cookie's name", { cookie: whole.cookie.replace("operator", "other") }),
    unknown("an idle sign-in", signs(idle)),
    unknown("a removed operator", signs(gone)),
    unknown("a removed operator's token", goneToken.headers),
    unknown("a sign-in that was ended", ended),
    unknown("an expired token", expired.headers),
    unknown("a revoked token", revoked.headers),
    unknown("no token's secret", { authorization: `Bearer ${"a".repeat(43)}` }),
    unknown("another scheme", { authorization: authorization.replace("Bearer", "Basic") }),
    unknown("a wrong token beside a right cookie", { ...signed, authorization: "Bearer x" }),
    forged("a cookie alone", { cookie: whole.cookie }),
    forged("a guessed token against forgery", { ...signed, "x-samehand-csrf": "guess" }),
    forged("somebody else's token against forgery", { ...signed, "x-samehand-csrf": loser.csrf }),
    elsewhere("a page elsewhere", { ...signed, "sec-fetch-site": "cross-site" }),
    elsewhere("a neighbour's page", { ...signed, "sec-fetch-site": "same-site" }),
    elsewhere("another origin", { ...signed, origin: "https://evil.example" }),
    elsewhere("an origin that is none", { ...signed, origin: "null" }),
    { ...unknown("a stranger's page elsewhere", { "sec-fetch-site": "cross-site" }), elsewhere: true },
    { who: "the console", headers: { ...signed, "sec-fetch-site": "same-origin", origin: admin.url }, roles: all },
    { who: "the console, old browser", headers: { ...signs(loser), origin: admin.url }, roles: ["responder"] },
    { who: "a token whose owner lost roles", headers: losers.headers, roles: ["viewer", "responder"] },
    { who: "a token", headers: (await token(all)).headers, roles: all },
  ];
  for (const one of all) {
    callers.push({ who: `the role ${one}`, headers: signs(await operator(`only ${one}`, [one])), roles: [one] });
    callers.push({ who: `a token with ${one}`, headers: (await token([one])).headers, roles: [one] });
  }
  return callers;
}
