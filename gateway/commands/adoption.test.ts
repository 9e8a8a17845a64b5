/** The two steps of docs/GUACAMOLE.md that people read: what recordings taught, and what this policy would have done. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import t from "tap";
import type { Shadow } from "../admin/contract/policy.ts";
import type { Io } from "../core/io.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { run as enrol } from "./enrol.ts";
import { run as policy } from "./policy.ts";

async function call(run: (args: string[], io: Io) => Promise<number>, args: string[], env: Io["env"] = {}) {
  let out = "";
  const io: Io = { stdout: { write: (text) => (out += text) }, stderr: { write: () => true }, env };
  return { code: await run(args, io), out };
}

t.test("recordings teach the agent that the gateway will know the account as", async (t) => {
  const folder = t.testdir({
    "samehand.yaml": `webapp: {upstreams: ["http://127.0.0.1:8080"], people: {"postgresql/anna": anna}}\n`,
    "samehand.keys": `${newKeyLine(new Date(0))}\n`,
    "samehand.token-keys": `${newKeyLine(new Date(0))}\n`,
  });
  for (const account of ["anna", "bert"]) {
    mkdirSync(join(folder, "recordings", account), { recursive: true });
    writeFileSync(join(folder, "recordings", account, "1.guac"), "3.key,2.97,1.1,4.1000;3.key,2.97,1.0,4.1090;");
  }
  const args = ["--all", join(folder, "recordings"), "--data-source", "postgresql"];
  const { out } = await call(enrol, [...args, "--config", join(folder, "samehand.yaml")]);
  t.match(out, /^anna: enrolling/m, "by its name where `webapp.people` gives one");
  t.match(out, /^postgresql\/bert: enrolling/m);
  t.match(out, /0 of 2 agents are mature, 0 provisional; 2 recordings/);
  t.match(out, /recordings without a pointer: 2/);
});

t.test("the shadow says how many sessions this policy would have quarantined, and which", async (t) => {
  const item = { agent: "postgresql/anna", startedAt: Date.UTC(2026, 10, 2, 9, 30), did: "allow", lowestTrust: 11.6 };
  const answer = {
    from: 0,
    sessions: 40,
    activeHours: 120.25,
    would: { alert: 3, quarantine: 2, sever: 1 },
    budget: { quarantinesPerHour: 0.025, allowedPerHour: 0.125 },
    items: [
      { ...item, session: "00000000-0000-4000-8000-000000000001", wouldBe: "sever" },
      { ...item, session: "00000000-0000-4000-8000-000000000002", wouldBe: "quarantine", lowestTrust: null },
      { ...item, session: "00000000-0000-4000-8000-000000000003", wouldBe: "alert" },
    ],
  } as unknown as Shadow;
  const server = createServer((_request, response) => response.end(JSON.stringify(answer))).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { code, out } = await call(policy, ["shadow", "--days", "7"], { SAMEHAND_URL: url, SAMEHAND_TOKEN: "T" });
  t.equal(code, 0);
  t.equal(
    out,
    `40 sessions, 120.3 active hours: would have alerted 3, quarantined 2, severed 1
quarantines an active hour: 0.025, budget 0.125
these, the strictest first; why, with \`samehand evidence SESSION --out FOLDER\`:
  2026-11-02T09:30Z postgresql/anna: severed, trust down to 12, session 00000000-0000-4000-8000-000000000001
  2026-11-02T09:30Z postgresql/anna: quarantined, session 00000000-0000-4000-8000-000000000002
  and 1 more
`,
  );
});
