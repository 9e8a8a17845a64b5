import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import t from "tap";
import { Browser, startOperators } from "../../test/parts/operators.ts";
import type { Role } from "./contract/operator.ts";
import { epochMillis } from "../core/units.ts";
import { hashOf, newSecret } from "./sign-ins.ts";

t.test("a token has no more roles than its maker, an end, and can be revoked", async (t) => {
  const { admin, signedIn, time, store } = await startOperators(t);
  const first = await signedIn();
  const bearer = async (body: object, by = first, headers = {}) => {
    const { status, answer } = await by.ask("POST", "/tokens", body, headers);
    return { status, id: String(answer["id"]), authorization: `Bearer ${String(answer["secret"])}` };
  };
  const admins = await bearer({ name: "admin only", roles: ["admin"] });
  const more = await bearer({ name: "more", roles: ["responder"] }, new Browser(admin.url), admins);
  t.equal(more.status, 403, "no role that its maker has not");
  const { id, authorization } = await bearer({ name: "siem", roles: ["viewer"], days: 1 });
  const ask = () => new Browser(admin.url).ask("GET", "/whoami", undefined, { authorization });
  t.match(await ask(), {
    status: 200,
    answer: { by: "token", name: "token siem of first operator", roles: ["viewer"] },
  });
  t.notOk(JSON.stringify(store.operators.tokens()).includes(authorization.slice(7)), "only its hash is kept");
  time.now += 25 * 3_600_000;
  t.equal((await ask()).status, 401, "it has ended");
  const again = await new Browser(admin.url).signIn(admin.firstRunUrl() ?? "");
  t.match(await again.ask("DELETE", `/tokens/${id}`, { reason: "no longer used" }), { status: 200 });
  t.match((await again.ask("GET", "/tokens")).answer.items, [{ name: "admin only" }]);
});

t.test("what needs a second person waits for one", async (t) => {
  const { admin, signedIn, open, store } = await startOperators(t, "enforce", { fourEyes: ["release", "forget"] });
  const first = await signedIn();
  const second = new Browser(admin.url);
  const roles: Role[] = ["responder"];
  const { answer: invited } = await first.ask("POST", "/operators", { name: "Bo", roles });
  await second.signIn(String(invited["url"]));
  const session = await open("anna");
  const body = { reason: "called by phone" };
  await first.ask("POST", `/sessions/${session.id}/quarantine`, body);
  const asked = await first.ask("POST", `/sessions/${session.id}/release`, body);
  t.match(asked.answer, { outcome: "waits-for-approval" });
  t.equal(session.watch.verdict, "quarantine");
  const { answer } = await first.ask("POST", `/sessions/${session.id}/release`, body);
  t.equal(answer["approval"], asked.answer["approval"], "asked twice, waits once");
  const approve = `/approvals/${String(asked.answer["approval"])}/approve`;
  t.match(await first.ask("POST", approve, body), { status: 409, answer: { code: "act-refused" } }, "not by oneself");
  t.match(await second.ask("POST", approve, body), { status: 200, answer: { outcome: "done" } });
  t.equal(session.watch.verdict, "allow");
  t.match(await second.ask("POST", approve, body), { status: 404 });
  const forget = await first.ask("POST", "/agents/anna/forget", { reason: "asked by the agent" });
  const wrong = await second.ask("POST", `/approvals/${String(forget.answer["approval"])}/approve`, body);
  t.match(wrong, { status: 403, answer: { code: "role-missing" } }, "it takes the role of the act");
  t.not(store.agent("anna" as never), null);
  t.match(await first.ask("POST", `/approvals/${String(forget.answer["approval"])}/refuse`, body), { status: 200 });
  t.same((await first.ask("GET", "/approvals")).answer.items, []);
  const actions = store.audit.newest(20).map(({ action, actor }) => `${actor} ${action}`);
  t.ok(actions.includes("operator:Bo approval.given"));
});

t.test("a draft that waited stands over no policy that was applied meanwhile", async (t) => {
  const { admin, signedIn, folder } = await startOperators(t, "enforce", { fourEyes: ["policy"] });
  const first = await signedIn();
  const roles: Role[] = ["policy"];
  const { answer: invited } = await first.ask("POST", "/operators", { name: "Bo", roles });
  const second = await new Browser(admin.url).signIn(String(invited["url"]));
  const reason = "tried on last week";
  const stands = () => readFileSync(`${folder}/policy.yaml`, "utf8");
  const replaces = stands();
  const ask = async (text: string): Promise<string> => {
    const { answer } = await first.ask("PUT", "/policy", { text, reason, replaces });
    return `/approvals/${String(answer["approval"])}/approve`;
  };
  const [one, other] = [await ask(`${replaces}\n# one\n`), await ask(`${replaces}\n# other\n`)];
  t.match(await second.ask("POST", one, { reason }), { status: 200, answer: { outcome: "done" } });
  t.match(await second.ask("POST", other, { reason }), { status: 409, answer: { detail: /changed meanwhile/ } });
  t.equal(stands(), `${replaces}\n# one\n`);
});

t.test("the same person by any route is one person", async (t) => {
  const fourEyes = ["release", "forget", "policy"] as const;
  const { admin, signedIn, enrol, open, store, time, folder } = await startOperators(t, "enforce", { fourEyes });
  await enrol("anna", 1);
  const kim = await signedIn();
  const roles: Role[] = ["responder", "privacy", "policy", "admin"];
  const bearer = async (by: Browser, headers = {}) => {
    const { answer } = await by.ask("POST", "/tokens", { name: "shell", roles }, headers);
    return { authorization: `Bearer ${String(answer["secret"])}` };
  };
  const stranger = new Browser(admin.url);
  const own = await bearer(kim);
  const ownsOwn = await bearer(stranger, own);
  const body = { reason: "asked by the agent" };
  const { id } = await open("anna");
  await kim.ask("POST", `/sessions/${id}/quarantine`, body);
  const acts = [
    ["POST", `/sessions/${id}/release`, body],
    ["POST", "/agents/anna/forget", body],
    ["PUT", "/policy", { ...body, text: readFileSync(`${folder}/policy.yaml`, "utf8") + "\n# a draft\n" }],
  ] as const;
  const routes = [{}, own, ownsOwn];
  for (const [method, path, sent] of acts)
    for (const asks of routes) {
      const by = asks === routes[0] ? kim : stranger;
      const { answer } = await by.ask(method, path, sent, asks);
      t.match(answer, { outcome: "waits-for-approval" });
      for (const approves of routes) {
        const other = approves === routes[0] ? kim : stranger;
        const refused = await other.ask("POST", `/approvals/${String(answer["approval"])}/approve`, body, approves);
        t.match(refused, { status: 409, answer: { code: "act-refused", detail: /another person/ } }, path);
      }
    }
  type Waiting = { id: string; what: string; by: string; draft: string };
  const items: Waiting[] = (await kim.ask("GET", "/approvals")).answer.items;
  const waiting = items.toSorted((a, b) => a.what.localeCompare(b.what));
  t.match(
    waiting.map(({ what, by, draft }) => [what, by, draft?.endsWith("# a draft\n") ?? null]),
    [
      ["forget", "first operator", null],
      ["policy", "first operator", true],
      ["release", "first operator", null],
    ],
    "asked three times, waits once; who approves sees the draft",
  );
  const more = { ...body, text: readFileSync(`${folder}/policy.yaml`, "utf8") + "\n# another\n" };
  t.not((await kim.ask("PUT", "/policy", more)).answer["approval"], waiting[1]?.id);

  const secret = newSecret();
  const now = epochMillis(time.wall);
  const machines = { id: randomUUID(), hash: hashOf(secret), name: "siem", roles, createdBy: "command-line:root" };
  store.operators.addToken({ ...machines, createdAt: now, expiresAt: null, usedAt: null });
  const nobodys = { authorization: `Bearer ${secret}` };
  t.match((await stranger.ask("GET", "/whoami", undefined, nobodys)).answer, { name: "token siem", roles });
  const refused = { status: 409, answer: { detail: /belongs to nobody/ } };
  t.match(await stranger.ask("POST", "/agents/anna/forget", body, nobodys), refused);
  const approve = `/approvals/${waiting[0]?.id}/approve`;
  t.match(await stranger.ask("POST", approve, body, nobodys), refused);
  t.match(await stranger.ask("POST", approve, body, await bearer(stranger, nobodys)), refused, "nor what it makes");
});

t.test("a token loses what its owner loses", async (t) => {
  const { admin, signedIn } = await startOperators(t);
  const first = await signedIn();
  const invite = async () => {
    const { answer } = await first.ask("POST", "/operators", { name: "Bo", roles: ["policy", "admin"] });
    return new Browser(admin.url).signIn(String(answer["url"]));
  };
  const bo = await invite();
  const { answer } = await bo.ask("POST", "/tokens", { name: "shell", roles: ["policy", "viewer"] });
  const authorization = `Bearer ${String(answer["secret"])}`;
  const whoami = () => new Browser(admin.url).ask("GET", "/whoami", undefined, { authorization });
  t.match(await whoami(), { status: 200, answer: { roles: ["viewer", "policy"].toReversed() } });
  await first.ask("PUT", "/operators/Bo/roles", { roles: ["responder"] });
  t.same((await whoami()).answer["roles"], ["viewer"]);
  await first.ask("DELETE", "/operators/Bo", { reason: "left the company" });
  t.equal((await whoami()).status, 401);
  await invite();
  t.equal((await whoami()).status, 401, "nor does it come back with the name");
});

t.test("a role that is taken away is gone at once, and the last admin stays", async (t) => {
  const { admin, signedIn, store } = await startOperators(t);
  const first = await signedIn();
  const { answer } = await first.ask("POST", "/operators", { name: "Bo", roles: ["policy", "admin"] });
  const bo = await new Browser(admin.url).signIn(String(answer["url"]));
  t.equal((await bo.ask("GET", "/tokens")).status, 200);
  await first.ask("PUT", "/operators/Bo/roles", { roles: ["viewer"] });
  t.equal((await bo.ask("GET", "/tokens")).status, 403);
  const last = await first.ask("DELETE", "/operators/first%20operator", { reason: "left the company" });
  t.match(last, { status: 409, answer: { code: "act-refused" } });
  t.match(await first.ask("DELETE", "/operators/Bo", { reason: "no" }), { status: 400 }, "not without a reason");
  t.match(await first.ask("DELETE", "/operators/Bo", { reason: "left the company" }), { status: 200 });
  t.match(store.audit.newest(1), [
    {
      actor: "operator:first operator",
      action: "operator.removed",
      why: "left the company",
      detail: { operator: "Bo", roles: "viewer" },
    },
  ]);
  t.equal((await bo.ask("GET", "/whoami")).status, 401);
});
