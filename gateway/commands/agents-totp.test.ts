import { readdirSync, readFileSync, statSync } from "node:fs";
import t from "tap";
import { loadConfig, readKeyRing } from "../../config/load.ts";
import { newKeyLine } from "../core/key-ring.ts";
import { agentName } from "../core/units.ts";
import { openStore } from "../store/open-store.ts";
import { run } from "./agents.ts";

t.test("an agent's codes are enrolled with a QR code, written down in the audit, and taken away", async (t) => {
  const folder = t.testdir({
    "samehand.yaml": "organisation: {name: Example}\n",
    "samehand.keys": `${newKeyLine(new Date(0))}\n`,
    "samehand.token-keys": `${newKeyLine(new Date(0))}\n`,
  });
  const at = ["--config", `${folder}/samehand.yaml`];
  const call = async (...args: string[]) => {
    let out = "";
    const write = (text: string): string => (out += text);
    const code = await run(["totp", ...args, ...at], { stdout: { write }, stderr: { write }, env: {} });
    return { code, out };
  };
  t.match(await call("anna"), { code: 0, out: /[▀▄█]{10}[^]*anna has new codes/ });
  const files = ["--png", `${folder}/code.png`, "--svg", `${folder}/code.svg`];
  t.notMatch((await call("anna", ...files)).out, /[▀▄█]/, "where a file is asked for, the terminal shows none");
  t.equal(readFileSync(`${folder}/code.png`).readUInt32BE(0), 0x89504e47);
  t.match(readFileSync(`${folder}/code.svg`, "utf8"), /^<svg/);
  t.equal(statSync(`${folder}/code.png`).mode & 0o777, 0o600);

  const { config } = loadConfig(at[1] ?? "", {});
  const store = openStore({ path: config.store, keys: readKeyRing(config.keys, "keys") });
  const { id } = store.enrol(agentName("anna"));
  t.equal(store.challenges.codeSecret(id)?.length, 20);
  const [secret, { address }] = [
    store.challenges.codeSecret(id),
    JSON.parse((await call("anna", "--json")).out) as { address: string },
  ];
  t.match(address, /^otpauth:\/\/totp\/.*secret=/);
  t.notSame(store.challenges.codeSecret(id), secret, "an older secret ends");
  const kept = store.challenges.codeSecret(id);
  await t.rejects(call("anna", "--png", `${folder}/none/code.png`), { code: "file-unusable" });
  t.same(store.challenges.codeSecret(id), kept, "it stays where the new one would be shown to nobody");
  await t.rejects(call("anna", "--svg", `${folder}/new.svg`, ...files.slice(0, 2)), { message: /png exists already/ });
  await t.rejects(call("anna", "--png", `${folder}/new.png`, ...files.slice(2)), { message: /svg exists already/ });
  t.same(store.challenges.codeSecret(id), kept, "nor does one that is there go");
  t.notOk(readdirSync(folder).some((name) => name.startsWith("new")));
  const others = ["--png", `${folder}/other.png`];
  t.match(JSON.parse((await call("anna", "--json", ...others)).out), { agent: "anna", address: null });
  t.match(await call("anna", "--remove"), { code: 0 });
  t.match(await call("anna", "--remove", "--json"), { code: 1, out: '{"removed":false}\n' });
  t.equal(store.challenges.codeSecret(id), null);
  t.same(
    store.audit.newest(3).map(({ action }) => action),
    ["agent.code-removed", "agent.code-enrolled", "agent.code-enrolled"],
  );
  store.close();
  await t.rejects(call(), { code: "usage" });
});
