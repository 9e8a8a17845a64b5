import { once } from "node:events";
import { EventEmitter } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { mock } from "node:test";
import t from "tap";
import { loadConfig } from "./load.ts";
import { changedKeys, watchConfig } from "./watch.ts";

t.test("a change is told with its keys, a bad file changes nothing and says why", async (t) => {
  const file = `${t.testdir({ "s.yaml": "limits: {sessions: 5}\n" })}/s.yaml`;
  const heard = new EventEmitter();
  const watching = watchConfig(
    loadConfig(file, {}),
    {},
    {
      pollMillis: 20,
      onChange: (change) => heard.emit("change", change),
      onRefused: (error) => heard.emit("refused", error),
    },
  );
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => {
    watching.close();
    clearInterval(alive);
  });

  let next = once(heard, "change");
  writeFileSync(file, "limits: {sessions: 6}\nlisten: {port: 1}\n");
  t.match((await next)[0], {
    before: { limits: { sessions: 5 } },
    config: { limits: { sessions: 6 } },
    keys: ["listen.port", "limits.sessions"],
    afterRestart: ["listen.port"],
  });

  next = once(heard, "refused");
  writeFileSync(file, "limits: {sessions: six}\n");
  t.match((await next)[0], { code: "config-invalid", detail: /s\.yaml:1:20: `limits\.sessions` must be a number/ });

  next = once(heard, "change");
  writeFileSync(`${file}.new`, "limits: {sessions: 7}\n");
  renameSync(`${file}.new`, file);
  t.match(
    (await next)[0],
    { before: { limits: { sessions: 6 } }, keys: ["listen.port", "limits.sessions"] },
    "replaced",
  );

  next = once(heard, "change");
  watching.reload();
  t.match((await next)[0], { keys: [] }, "asked for, it is told although nothing changed");
});

t.test("what was opened or put together once is told as such, and nothing else", async (t) => {
  const file = `${t.testdir({ "s.yaml": "listen: {tls: {development: true}}\nwebapp: {upstreams: ['http://a']}\n" })}/s.yaml`;
  const heard = new EventEmitter();
  const watching = watchConfig(
    loadConfig(file, {}),
    {},
    { onChange: (change) => heard.emit("change", change), onRefused: (error) => t.fail(error.message) },
  );
  t.teardown(() => watching.close());
  const change = async (text: string): Promise<string[]> => {
    writeFileSync(file, text);
    const next = once(heard, "change");
    watching.reload();
    return ((await next) as [{ afterRestart: string[] }])[0].afterRestart;
  };
  const later = `
listen: {port: 1}
metrics: {port: 1}
admin: {fourEyes: [release], origin: 'https://a.example', signInHours: 1, scoreDays: 2}
audit: {days: 100}
retention: {sessionDays: 1}
background: other.bin
log: {level: debug}
store: other.db
workers: 2
webapp: {upstreams: ['http://b'], path: /b, ca: a.pem, timeoutSeconds: 1, caseSensitive: true, httpTunnel: pass, guests: deny}
mode: enforce
policy: p.yaml
limits: {sessions: 3}
`;
  const told = await change(later);
  t.same(told.sort(), [
    "admin.fourEyes",
    "admin.origin",
    "admin.scoreDays",
    "admin.signInHours",
    "audit.days",
    "background",
    "listen.port",
    "listen.tls",
    "log.level",
    "metrics.port",
    "retention.sessionDays",
    "store",
    "webapp.ca",
    "webapp.caseSensitive",
    "webapp.path",
    "webapp.timeoutSeconds",
    "webapp.upstreams",
    "workers",
  ]);
  t.same(await change(later.replace(/webapp.*/, "")), ["webapp"]);
});

t.test("half a file, and one that was emptied, are not taken", (t) => {
  const file = `${t.testdir({ "s.yaml": "limits: {sessions: 5}\nmode: enforce\n" })}/s.yaml`;
  const loaded = loadConfig(file, {});
  const told: unknown[] = [];
  mock.timers.enable({ apis: ["setInterval"] });
  t.teardown(() => mock.timers.reset());
  const watching = watchConfig(
    loaded,
    {},
    { pollMillis: 20, onChange: ({ keys }) => told.push(keys), onRefused: ({ detail }) => told.push(detail) },
  );
  t.teardown(() => watching.close());
  const look = () => mock.timers.tick(20);
  writeFileSync(file, "limits: {sessions: 6}\n");
  look();
  writeFileSync(file, "limits: {sessions: 6}\nmode: enforce\n");
  look();
  t.same(told, [], "the mode comes last");
  look();
  t.same(told, [["limits.sessions"]], "enforced all the time");
  writeFileSync(file, "");
  for (let looks = 0; looks < 3; looks++) look();
  t.match(told[1], /s\.yaml says nothing/);
  t.equal(told.length, 2);
  t.end();
});

t.test("without a file only a call reloads", (t) => {
  let changes = 0;
  const environment: Record<string, string> = {};
  const watching = watchConfig(loadConfig(null, environment), environment, {
    onChange: () => changes++,
    onRefused: (error) => t.fail(error.message),
  });
  environment["SAMEHAND_MODE"] = "enforce";
  watching.reload();
  t.equal(changes, 1);
  watching.close();
  t.end();
});

t.test("changed keys are paths, never values", (t) => {
  t.same(changedKeys({ a: { b: 1, c: [1] }, d: "x" }, { a: { b: 2, c: [1, 2] }, e: "x" }), ["a.b", "a.c", "d", "e"]);
  t.same(changedKeys({ a: [1], b: undefined }, { a: [1] }), []);
  t.end();
});
