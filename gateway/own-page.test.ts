import t from "tap";
import { parseConfig } from "../config/load.ts";
import { newKeyLine } from "./core/key-ring.ts";
import { silentLog } from "./core/log.ts";
import { agentName, epochMillis } from "./core/units.ts";
import { startGateway } from "./gateway.ts";
import { issueSamehandToken } from "./proxy/token/samehand-token.ts";
import { tokenKeys } from "./settings.ts";

t.test("an agent learns what is kept about them, with a token that is good once", async (t) => {
  const folder = t.testdir({
    "samehand.keys": newKeyLine(new Date()),
    "samehand.token-keys": newKeyLine(new Date()),
  });
  const text = `listen: {port: 0}
metrics: {port: 0}
admin: {port: 0}
organisation: {notice: "Call 4711."}
connections: {desk: {protocol: vnc}}
`;
  const { config } = parseConfig(text, `${folder}/samehand.yaml`, {});
  const gateway = await startGateway(config, { log: silentLog });
  t.teardown(() => gateway.close());
  const expires = epochMillis(Date.now() + 60_000);
  const token = () => issueSamehandToken({ agent: "anna", connection: "desk", expires }, tokenKeys(config));
  const ask = async (authorization: string) => {
    const response = await fetch(`${gateway.url}/me.json`, { headers: { authorization } });
    return { status: response.status, answer: (await response.json()) as object };
  };
  t.match(await ask(""), { status: 401, answer: { error: "token-missing" } });
  t.match(await ask("Bearer forged"), { status: 403, answer: { error: "token-format-refused" } });
  const first = await token();
  t.match(await ask(`Bearer ${first}`), { status: 200, answer: { name: "anna", enrolment: null, ask: "Call 4711." } });
  t.match(await ask(`Bearer ${first}`), { status: 403, answer: { error: "token-replayed" } });
  gateway.store.enrol(agentName("anna"));
  gateway.store.lock(agentName("anna"), null, "a reason for operators");
  const { answer } = await ask(`Bearer ${await token()}`);
  t.match(answer, { enrolment: { maturity: "enrolling" }, locked: true });
  t.notOk(JSON.stringify(answer).includes("a reason for operators"), "operators' words are for operators");
  t.match(await fetch(`${gateway.url}/me`), { status: 200 });
});
