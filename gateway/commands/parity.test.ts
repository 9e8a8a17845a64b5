import t from "tap";
import { Browser, startOperators } from "../../test/parts/operators.ts";
import { routes, type RouteName } from "../admin/contract/routes.ts";
import type { Io } from "../core/io.ts";

/** Each route's command; or, in brackets, why it has none. */
const commandOf: Record<RouteName, string> = {
  sessions: "sessions list",
  session: "sessions show",
  pastSessions: "sessions past",
  pastSession: "sessions show",
  quarantine: "sessions quarantine",
  release: "sessions release",
  sever: "sessions sever",
  agents: "agents list",
  agent: "agents show",
  lock: "agents lock",
  unlock: "agents unlock",
  rollback: "agents rollback",
  forgetMode: "agents forget-mode",
  forget: "agents forget",
  exportAgent: "agents export",
  policy: "policy show",
  checkPolicy: "policy check",
  replayPolicy: "policy replay",
  shadow: "policy shadow",
  applyPolicy: "policy apply",
  approvals: "approvals list",
  approve: "approvals approve",
  refuse: "approvals refuse",
  operators: "operators list",
  invite: "operators invite",
  setRoles: "operators roles",
  removeOperator: "operators remove",
  tokens: "tokens list",
  makeToken: "operators token",
  revokeToken: "tokens revoke",
  whoami: "(a token is not a person's sign-in)",
  signOut: "(a token is not a person's sign-in)",
  signInMethods: "(signing in is a browser's)",
  signInWithLink: "(signing in is a browser's)",
  passkeySignInOptions: "(a passkey is used in a browser)",
  signInWithPasskey: "(a passkey is used in a browser)",
  passkeys: "(a passkey is used in a browser)",
  passkeyOptions: "(a passkey is used in a browser)",
  addPasskey: "(a passkey is used in a browser)",
  removePasskey: "(a passkey is used in a browser)",
};

/** Runs a command and returns what it printed. */
async function run(command: string, args: string[], env: Io["env"] = {}, stop?: AbortSignal): Promise<string> {
  const { run } = (await import(`./${command}.ts`)) as { run: (args: string[], io: Io) => Promise<number> };
  let text = "";
  const io = { stdout: { write: (more: string) => (text += more) }, stderr: { write: () => {} }, env };
  await run(args, stop === undefined ? io : { ...io, stop });
  return text;
}

t.test("each route of the API has a command, or a reason for none", async (t) => {
  t.same(Object.keys(commandOf).toSorted(), Object.keys(routes).toSorted());
  for (const [route, named] of Object.entries(commandOf)) {
    if (named.startsWith("(")) continue;
    const [command = "", action = ""] = named.split(" ");
    const usage = (await run(command, ["--help"])).split("\n\n")[0] ?? "";
    t.match(usage, new RegExp(`samehand ${command} .*\\b${action}\\b`), `${route}: samehand ${named}`);
  }
});

t.test("operators, tokens, approvals, past sessions and events, from the command line", async (t) => {
  const { signedIn, open, admin, enrol } = await startOperators(t, "enforce", { fourEyes: ["release", "forget"] });
  await enrol("anna", 1);
  const browser = await signedIn();
  const tokenOf = async (name: string, by: Browser): Promise<Io["env"]> => {
    const { answer } = await by.ask("POST", "/tokens", { name, roles: ["responder", "privacy", "admin"] });
    return { SAMEHAND_URL: admin.url, SAMEHAND_TOKEN: String(answer["secret"]) };
  };
  const env = await tokenOf("shell", browser);
  const said = async (command: string, ...args: string[]): Promise<unknown> =>
    JSON.parse(await run(command, [...args, "--json"], env));

  const invited = await browser.ask("POST", "/operators", { name: "Bo", roles: ["responder"] });
  const bo = await new Browser(admin.url).signIn(String(invited.answer["url"]));
  t.match(await said("operators", "roles", "Bo", "--role", "viewer", "--role", "responder"), {
    roles: ["viewer", "responder"],
  });

  const session = await open("anna");
  await bo.ask("POST", `/sessions/${session.id}/quarantine`, { reason: "called by phone" });
  await bo.ask("POST", `/sessions/${session.id}/release`, { reason: "called by phone" });
  const waiting = (await said("approvals")) as { id: string }[];
  t.match(waiting, [{ what: "release", on: session.id }]);
  const id = waiting[0]?.id ?? "";
  t.match(await said("approvals", "approve", id, "--reason", "the agent called back"), { outcome: "done" });
  t.equal(session.watch.verdict, "allow");
  t.same(await said("approvals"), []);

  const file = `${t.testdir({ "samehand.yaml": "admin: {fourEyes: [forget]}\n" })}/samehand.yaml`;
  t.match(await said("agents", "forget", "anna", "--yes", "--reason", "asked by anna", "--config", file), {
    outcome: "waits-for-approval",
  });
  const [forgetting] = (await said("approvals")) as { id: string }[];
  await said("approvals", "refuse", forgetting?.id ?? "", "--reason", "anna stays");

  t.match(await said("sessions", "past"), { items: [{ id: session.id }], next: null });
  const { profileVersion } = (await browser.ask("GET", "/agents/anna")).answer;
  t.match(await said("agents", "rollback", "anna", "--version", String(profileVersion), "--reason", "as it stands"), {
    outcome: "already",
  });
  await t.rejects(said("agents", "forget-mode", "anna", "--mode", "pointer-1-x", "--reason", "not kept"), {
    code: "record-unknown",
  });
  await t.rejects(said("agents", "rollback", "anna", "--version", "999", "--reason", "not kept"), {
    code: "record-unknown",
  });

  const { run: events } = await import("./events.ts");
  const heard = async (...args: string[]): Promise<string> => {
    const stop = new AbortController();
    let text = "";
    const stdout = { write: (line: string) => ((text += line), stop.abort()) };
    t.equal(await events(args, { stdout, stderr: stdout, env, stop: stop.signal }), 0);
    return text;
  };
  t.match(JSON.parse((await heard("--json")).split("\n")[0] ?? ""), {
    type: "snapshot",
    sessions: [{ id: session.id }],
  });
  t.match(
    await heard(),
    new RegExp(`Z 1 live session, mode enforce\n.*Z session ${session.id} of anna: trust [\\d.]+, `),
  );

  t.match(await said("operators", "remove", "Bo", "--reason", "left the company"), { ok: true });
  t.equal((await bo.ask("GET", "/whoami")).status, 401);
  const [token] = (await said("tokens")) as { id: string; name: string }[];
  t.match(token, { name: "shell" });
  t.match(await said("tokens", "revoke", token?.id ?? "", "--reason", "no longer used"), { ok: true });
  await t.rejects(said("tokens"), { code: "sign-in-needed" });
});
