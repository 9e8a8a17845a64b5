import t from "tap";
import { Browser, startOperators } from "../../test/parts/operators.ts";
import { epochMillis } from "../core/units.ts";
import { hashOf } from "./sign-ins.ts";
import { sessionDetail } from "./contract/session.ts";
import { routes } from "./contract/routes.ts";

t.test("nothing is answered to who is not signed in, and a link signs in once", async (t) => {
  const { admin } = await startOperators(t);
  const stranger = new Browser(admin.url);
  for (const path of ["/sessions", "/whoami", "/openapi.json"])
    t.match(await stranger.ask("GET", path), { status: 401, answer: { code: "sign-in-needed" } }, path);
  const link = admin.firstRunUrl() ?? "";
  const browser = await new Browser(admin.url).signIn(link);
  t.match(await browser.ask("GET", "/whoami"), { status: 200, answer: { by: "link", passkeys: 0 } });
  const again = await new Browser(admin.url).ask("POST", "/sign-in/link", { link: link.split("#link=")[1] });
  t.match(again, { status: 401, answer: { code: "sign-in-refused" } });
  await browser.ask("POST", "/sign-out");
  t.equal((await browser.ask("GET", "/whoami")).status, 401);
});

t.test("a whole office signs in at once from one address; whoever guesses waits", async (t) => {
  const { admin, store } = await startOperators(t);
  const at = epochMillis(Date.UTC(2026, 0, 5));
  store.operators.save("olga", ["viewer"], at);
  const stranger = new Browser(admin.url);
  const tries = async (link: string): Promise<number> => (await stranger.ask("POST", "/sign-in/link", { link })).status;
  for (let n = 0; n < 15; n++) {
    store.operators.addLink(hashOf(`link ${n}`), "olga", epochMillis(at + 3_600_000));
    t.equal(await tries(`link ${n}`), 200);
  }
  for (let n = 0; n < 10; n++) t.equal(await tries("guessed"), 401);
  t.equal(await tries("guessed"), 429);
});

t.test("a sign-in ends by itself, and a cookie alone changes nothing", async (t) => {
  const { signedIn, open, time } = await startOperators(t);
  const browser = await signedIn();
  const { id } = await open("anna");
  browser.csrf = "forged";
  const forged = await browser.ask("POST", `/sessions/${id}/sever`, { reason: "forged request" });
  t.match(forged, { status: 403, answer: { code: "request-forged" } });
  time.now += 31 * 60_000;
  t.equal((await browser.ask("GET", "/whoami")).status, 401, "after half an hour without a request");
});

t.test("live sessions are listed and shown as the contract says, the riskiest first", async (t) => {
  const { signedIn, open, work, enrol } = await startOperators(t, "report");
  await enrol("anna", 1);
  const good = await open("anna");
  work(good, 1, 77, 300);
  const bad = await open("anna");
  work(bad, 1, 78, 400);
  work(bad, 2, 5, 3000, () => bad.watch.decision.wouldBe === "quarantine");
  const browser = await signedIn();
  const { answer } = await browser.ask("GET", "/sessions");
  const page = routes.sessions.answer.parse(answer);
  t.same(
    page.items.map(({ id }) => id),
    [bad.id, good.id],
  );
  t.ok(page.items[0].trust < page.items[1].trust);
  t.ok(page.items[0].sparkline.length > 10);
  const first = await browser.ask("GET", "/sessions?limit=1");
  t.match(first.answer, { total: 2, next: bad.id });
  t.match(await browser.ask("GET", `/sessions?limit=1&after=${bad.id}`), { answer: { items: [{ id: good.id }] } });
  t.match(await browser.ask("GET", "/sessions?verdict=quarantine"), { answer: { total: 1 } });
  const detail = sessionDetail.parse((await browser.ask("GET", `/sessions/${bad.id}`)).answer);
  t.ok(detail.timeline.length > 10 && detail.evidence.keyboard.length > 5);
  t.ok(detail.evidence.pointer.length > 5);
  t.ok(detail.decisions.some(({ wouldBe, reasons }) => wouldBe === "quarantine" && reasons.length > 0));
  const calm = sessionDetail.parse((await browser.ask("GET", `/sessions/${good.id}`)).answer);
  t.match(calm.next.at(-1), { verdict: "quarantine", when: /^trust falls below [\d.]+: / });
  const limit = Math.round(calm.thresholds.quarantine);
  t.match(calm.next.at(-1)?.when, `trust falls below ${limit}: `, "which is the limit that is shown");
});

t.test("an operator holds, releases and severs a session, each once, in either mode", async (t) => {
  for (const mode of ["report", "enforce"] as const) {
    const { signedIn, open, store } = await startOperators(t, mode);
    const browser = await signedIn();
    const session = await open("anna");
    const act = (kind: string) => browser.ask("POST", `/sessions/${session.id}/${kind}`, { reason: "called by phone" });
    t.match(await act("release"), { status: 200, answer: { outcome: "already" } });
    t.match(await act("quarantine"), { status: 200, answer: { outcome: "done" } });
    t.match(await act("quarantine"), { status: 200, answer: { outcome: "already" } });
    t.equal(session.watch.verdict, "quarantine");
    t.match(await act("release"), { answer: { outcome: "done" } });
    t.equal(session.watch.verdict, "allow");
    t.match(await act("sever"), { answer: { outcome: "done" } });
    t.same(session.acts, ["quarantine", "release", "sever"]);
    t.match(session.ended, [{ code: "session-ended-by-operator" }]);
    t.match(await act("sever"), { status: 404, answer: { code: "session-unknown" } });
    t.equal(store.lockOf("anna" as never), null, "whether the agent is locked too is another act");
    const [row] = store.decisions(1);
    t.match(store.audit.newest(5), [
      { actor: "operator:first operator", action: "session.severed", session: session.id },
    ]);
    t.match(row, { rule: "severed-by-operator", reasons: [/first operator: called by phone/] });
  }
});

t.test("what is malformed, unknown or too much is told as a problem", async (t) => {
  const { signedIn, admin } = await startOperators(t);
  const browser = await signedIn();
  const bad = await browser.ask("GET", "/sessions?limit=none");
  t.match(bad, { status: 400, answer: { code: "request-malformed", detail: /limit/ } });
  t.match(bad.headers.get("content-type"), /^application\/problem\+json/);
  t.match(await browser.ask("GET", "/nowhere"), { status: 404, answer: { code: "path-unknown" } });
  const stranger = new Browser(admin.url);
  const tries = await Promise.all(
    Array.from({ length: 20 }, () => stranger.ask("POST", "/sign-in/link", { link: "guess" })),
  );
  t.ok(
    tries.some(({ status }) => status === 429),
    "links cannot be guessed at any speed",
  );
});
