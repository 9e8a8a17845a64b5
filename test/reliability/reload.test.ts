/** A real `samehand serve` over TLS whose files change under it: what is good is taken, what is bad changes nothing. */
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import t, { type Test } from "tap";
import { parseConfig } from "../../config/load.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { issueSamehandToken } from "../../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../../gateway/settings.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import { certificate } from "../fixtures/certificate.ts";
import { FakeGuacd } from "../fixtures/fake-guacd.ts";
import { TestViewer } from "../fixtures/proxy-bench.ts";
import { serve } from "./child.ts";
import { configuration, press, writeFolder } from "./rig.ts";

const tls = { listen: { port: 0, tls: { cert: "cert.pem", key: "key.pem" } }, policy: "policy.yaml" };
// The viewers here type as no hand does, and are to be learned all the same.
const shipped = readFileSync(new URL("../../config/policy.default.yaml", import.meta.url), "utf8").replace(
  "scripted-typing: report",
  "scripted-typing: off",
);

async function stage(t: Test) {
  const guacd = await FakeGuacd.start();
  const folder = writeFolder(guacd.port, tls);
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const pair = certificate("first.example");
  write("cert.pem", pair.cert);
  write("key.pem", pair.key);
  write("policy.yaml", shipped);
  const child = await serve(folder);
  t.teardown(async () => {
    await child.program.stop();
    await guacd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const url = new URL(child.tunnelUrl);
  /** The name in the certificate that a newcomer is shown. */
  const served = async (): Promise<string> => {
    const socket = connect({ port: Number(url.port), host: url.hostname, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  const viewer = async (agent: string): Promise<TestViewer> => {
    const file = join(folder, "samehand.yaml");
    const keys = tokenKeys(parseConfig(configuration(guacd.port, tls), file, {}).config);
    const expires = epochMillis(Date.now() + 60_000);
    const token = await issueSamehandToken({ agent, connection: "desk", expires }, keys);
    return new TestViewer(`${child.tunnelUrl}?token=${token}`, { rejectUnauthorized: false });
  };
  return { guacd, folder, write, child, served, viewer };
}

t.test(
  "a certificate, its key, a policy or a key that is bad is refused with its reason, one that is good is taken",
  async (t) => {
    const { guacd, folder, write, child, served, viewer } = await stage(t);
    const live = await viewer("anna");
    await live.saw("0.,36.");
    const lives = async (): Promise<void> => {
      guacd.users[0].received = "";
      press(live, 0x61);
      await guacd.users[0].saw("3.key,2.97,1.0;");
    };
    const second = certificate("second.example");
    const reloaded = (): Promise<string> => child.next(/"msg":"configuration reloaded"/);
    const refused = (why: RegExp): Promise<string> =>
      child.next(new RegExp(`${why.source}.*refused; what ran goes on`));

    let told: Promise<unknown> = refused(/no certificate with its key/);
    write("cert.pem", second.cert);
    await told;
    t.equal(await served(), "first.example", "half a pair changes nothing");
    told = reloaded();
    write("key.pem", second.key);
    await told;
    t.equal(await served(), "second.example", "the other half completes it");
    await lives();

    told = refused(/policy-invalid.*policy\.yaml:\d+/);
    write("policy.yaml", `${shipped}\nnonsense: true\n`);
    await told;
    told = reloaded();
    write("policy.yaml", shipped.replace("strangers: enrol", "strangers: deny"));
    await told;
    const stranger = await viewer("bert");
    t.match(await stranger.closed, { code: 1008, reason: "771" }, "the new policy decides");

    told = refused(/key-invalid.*samehand\.token-keys/);
    const ring = readFileSync(join(folder, "samehand.token-keys"), "utf8");
    write("samehand.token-keys", "short:AAAA\n");
    await told;
    told = reloaded();
    write("samehand.token-keys", `${ring}${newKeyLine(new Date(0))}\n`);
    await told;
    const known = await viewer("anna");
    await known.saw("0.,36.");
    await lives();
    t.equal(live.socket.readyState, 1, "no session was touched");
  },
);

t.test("profile keys are rotated while a session learns: the old key may go, and the profile opens", async (t) => {
  const { guacd, folder, write, child, viewer } = await stage(t);
  const live = await viewer("anna");
  await live.saw("0.,36.");
  const learned = async (times: number): Promise<void> => {
    for (let n = 0; n < 450 * times; n++) press(live, 0x61 + (n % 26));
    for (;;) {
      const metrics = await (await fetch(`${child.metricsUrl}/metrics`)).text();
      if (Number(/^samehand_profile_saves_total (\d+)/m.exec(metrics)?.[1]) >= times) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await learned(1);
  const file = join(folder, "samehand.keys");
  const fresh = newKeyLine(new Date(0));
  const told = child.next(/"msg":"configuration reloaded"/);
  appendFileSync(file, `${fresh}\n`);
  await told;
  guacd.users[0].received = "";
  await learned(2);
  t.equal(live.socket.readyState, 1);
  child.signal("SIGTERM");
  t.equal(await child.program.exited, 0);
  write("samehand.keys", `${fresh}\n`);
  const store = openStore({ path: join(folder, "samehand.db"), keys: parseKeyRing(`${fresh}\n`, "test") });
  const anna = store.agent(agentName("anna"));
  t.ok(anna !== null && store.profile(anna.id)!.keystrokes >= 400, "all of it opens with the new key alone");
  store.close();
});
