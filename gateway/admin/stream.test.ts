import t from "tap";
import { z } from "zod";
import { startOperators } from "../../test/parts/operators.ts";
import type { LiveSessions } from "../core/live.ts";
import { run as policyCommand } from "../commands/policy.ts";
import { run as sessionsCommand } from "../commands/sessions.ts";
import { event as eventSchema, type LiveEvent } from "./contract/event.ts";
import type { Route } from "./contract/route.ts";
import { routes } from "./contract/routes.ts";
import type { Browser } from "../../test/parts/operators.ts";

/** The live stream as a browser reads it. */
async function* listen(browser: Browser): AsyncGenerator<LiveEvent> {
  const response = await fetch(`${browser.url}/api/v1/events`, { headers: { cookie: browser.cookie } });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      yield eventSchema.parse(JSON.parse(/^data: (.*)$/m.exec(text.slice(0, end))?.[1] ?? ""));
      text = text.slice(end + 2);
    }
  }
}

t.test("the stream begins with all sessions, tells what changes, and ends with the sign-in", async (t) => {
  const { signedIn, open, store } = await startOperators(t);
  const browser = await signedIn();
  const first = await open("anna");
  const stream = listen(browser);
  const next = async (type: LiveEvent["type"]): Promise<LiveEvent> => {
    for (;;) {
      const { value } = await stream.next();
      if (value === undefined || value.type === type) return value as LiveEvent;
    }
  };
  t.match(await next("snapshot"), { sessions: [{ id: first.id }] });
  const second = await open("bert");
  t.match(await next("changes"), { sessions: [{ id: second.id }], ended: [] });
  await browser.ask("POST", `/sessions/${second.id}/quarantine`, { reason: "called by phone" });
  t.match(await next("decision"), {
    session: second.id,
    decision: { verdict: "quarantine", rule: "held-by-operator" },
  });
  store.lock("anna" as never, null, "test");
  t.match(await next("agent"), { agent: "anna", change: "locked" });
  t.match(await next("changes"), { ended: [first.id] });
  await browser.ask("POST", "/sign-out");
  t.match(await next("signed-out"), { type: "signed-out" });
  t.match(await stream.next(), { done: true });
});

t.test("another mode, and a part that fell silent, are told to who listens already", async (t) => {
  let silent = 0;
  const live = { list: () => Promise.resolve({ sessions: [], silent }) } as unknown as LiveSessions;
  const { signedIn, settings } = await startOperators(t, "report", { live });
  const stream = listen(await signedIn());
  const next = async (): Promise<LiveEvent> => {
    for (;;) {
      const { value } = await stream.next();
      if (value?.type === "snapshot") return value;
    }
  };
  t.match(await next(), { mode: "report", silent: 0 });
  settings.mode = "enforce";
  t.match(await next(), { mode: "enforce", silent: 0 });
  silent = 1;
  t.match(await next(), { mode: "enforce", silent: 1 });
  await stream.return(undefined);
});

interface Document {
  readonly paths: Record<
    string,
    Record<string, { responses: Record<string, { content: Record<string, { schema: object }> }> }>
  >;
  readonly components: { readonly schemas: object };
}

t.test("the OpenAPI document describes every route, and the real answers fit it", async (t) => {
  const { signedIn, open, enrol } = await startOperators(t);
  await enrol("anna", 1);
  const { id } = await open("anna");
  const browser = await signedIn();
  const document = (await browser.ask("GET", "/openapi.json")).answer as unknown as Document;
  for (const route of Object.values<Route>(routes)) {
    const path = `/api/v1${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    const described = document.paths[path]?.[route.method.toLowerCase()];
    t.ok(described, `${route.method} ${path}`);
    if (route.method !== "GET" || described === undefined) continue;
    const at = route.path.replace("sessions/:id", `sessions/${id}`).replace(":name", "anna");
    const { status, answer } = await browser.ask("GET", at);
    t.equal(status, 200, at);
    const { schema } = described.responses["200"].content["application/json"];
    // As a reader of the document would: from its text alone.
    const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
    const reader = z.fromJSONSchema(JSON.parse(text.replaceAll("#/components/schemas/", "#/$defs/")));
    t.match(reader.safeParse(answer), { success: true }, `${at} fits`);
  }
});

t.test("the command line does what the console does, with a token", async (t) => {
  const { signedIn, open, folder, admin } = await startOperators(t);
  const browser = await signedIn();
  const session = await open("anna");
  const { answer } = await browser.ask("POST", "/tokens", { name: "shell", roles: ["responder", "policy"] });
  let text = "";
  const io = {
    stdout: { write: (more: string) => (text += more) },
    stderr: { write: () => {} },
    env: { SAMEHAND_URL: admin.url, SAMEHAND_TOKEN: String(answer["secret"]) },
  };
  const said = async (command: typeof sessionsCommand, ...args: string[]): Promise<unknown> => {
    text = "";
    await command([...args, "--json"], io);
    return JSON.parse(text);
  };
  t.match(await said(sessionsCommand), [{ id: session.id, agent: "anna" }]);
  t.match(await said(sessionsCommand, "show", session.id), { id: session.id, decisions: [] });
  t.match(await said(sessionsCommand, "quarantine", session.id, "--reason", "called by phone"), { outcome: "done" });
  t.same(session.acts, ["quarantine"]);
  t.match(await said(policyCommand, "check", `${folder}/policy.yaml`), { valid: true });
  t.match(await said(policyCommand, "replay", `${folder}/policy.yaml`), { sessions: 0 });
  await t.rejects(sessionsCommand(["sever", session.id], io), { code: "usage" });
  await t.rejects(sessionsCommand([], { ...io, env: {} }), { code: "sign-in-needed" });
});
