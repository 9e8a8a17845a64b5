/**
 * A challenge from start to end on real parts: the agent comes back by code and phrase, somebody else with the right
 * code does not, and nothing of either reaches the desktop. What X received decides.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName, epochMillis } from "../../gateway/core/units.ts";
import { codeAt, enrolCode } from "../../gateway/judge/challenge-code.ts";
import type { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { defaultPolicyFile } from "../../gateway/policy/policy-file.ts";
import { Background } from "../../models/background.ts";
import { enrolPerson } from "../parts/colleagues.ts";
import { startFarm } from "../parts/farm.ts";
import { HeldSession } from "../parts/held-session.ts";
import { play, Typist } from "../parts/typist.ts";

const before = "good morning how may i help you today sir";

t.test("code and phrase bring the agent back; another hand with the right code is severed and locked", async (t) => {
  t.setTimeout(240_000);
  // doubt comes at once, so that the challenge is what is tested
  const doubt = `rules:
  - name: doubt
    when: session.keystrokes >= 30 && session.quarantines == 0
    then: quarantine
    because: doubted
`;
  const policy = readFileSync(defaultPolicyFile, "utf8")
    .replace(/^rules:\n/m, doubt)
    .replace("backoffMinutes: 2", "backoffMinutes: 0");
  const enough = { keystrokes: 300, actions: 0, days: 0 };
  const farm = await startFarm({
    policy,
    config: { mode: "enforce", enrolment: { provisional: enough, mature: enough } },
  });
  t.teardown(() => farm.stop());
  const { gateway, desktop } = farm;
  enrolPerson(gateway.store, Background.load(), "anna", 1, 1600);
  const { id } = gateway.store.enrol(agentName("anna"));
  enrolCode(gateway.store, id, "anna", "Example");
  const anna = new Typist(1);

  /** A session that is held. */
  const hold = async (): Promise<{ client: ViewerClient; held: HeldSession }> => {
    const client = await farm.viewer("anna");
    const held = new HeldSession([...gateway.proxy.sessions.values()].at(-1) as SessionControl, client);
    await play(anna.type(before, 0), client, () => held.asked);
    await held.asks("code");
    await held.settle();
    return { client, held };
  };
  const giveCode = async (held: HeldSession, steps: number): Promise<void> => {
    await held.giveCode(codeAt(gateway.store, id, epochMillis(Date.now() + steps * 30_000)) ?? "");
    await held.asks("phrase");
  };

  const from = desktop.events.length;
  const first = await hold();
  t.match(first.held.prompts[0]?.field, { kind: "code", typed: 0 });
  await giveCode(first.held, 0);
  const words = await first.held.givePhrase(anna, () => gateway.tally.challenges.has("passed"));
  t.ok(words.length >= 6, "words were asked for");
  t.equal(gateway.tally.challenges.get("passed"), 1);
  while (gateway.tally.sessionsHeld > 0) await sleep(20);
  await play(anna.type("thanks", 0), first.client);
  await desktop.ends("thanks", from);
  const received = desktop.typed(from);
  t.ok(before.startsWith(received.slice(0, -"thanks".length)), `only what came before the verdict: ${received.length}`);
  t.ok(received.endsWith("thanks"), "and what came after the release");
  await first.client.close();

  const later = desktop.events.length;
  const second = await hold();
  await giveCode(second.held, 1);
  await second.held.givePhrase(new Typist(14), () => !second.client.open);
  t.match(await second.client.ended, { status: 0x020b, closeReason: String(0x020b) });
  t.equal(gateway.tally.challenges.get("severed"), 1);
  t.ok((gateway.tally.challenges.get("failed-phrase") ?? 0) > 0);
  await desktop.settled();
  t.ok(before.startsWith(desktop.typed(later)), "nothing of the other hand's reached the desktop");
  t.not(gateway.store.lockOf(agentName("anna")), null);
  await t.rejects(farm.viewer("anna"), /ended/);
});
