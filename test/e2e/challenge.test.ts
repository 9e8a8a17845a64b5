/**
 * A challenge from start to end on real parts: the agent comes back by code and phrase, somebody else with the right
 * code does not, and nothing of either reaches the desktop. What X received decides.
 */
import t from "tap";
import { agentName } from "../../gateway/core/units.ts";
import type { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { before, startDoubted } from "../parts/doubted.ts";
import type { HeldSession } from "../parts/held-session.ts";
import { Typist } from "../parts/typist.ts";

t.test("code and phrase bring the agent back; another hand with the right code is severed and locked", async (t) => {
  t.setTimeout(240_000);
  const doubted = await startDoubted({ "backoffMinutes: 2": "backoffMinutes: 0" });
  const { farm } = doubted;
  t.teardown(() => farm.stop());
  const { gateway, desktop } = farm;

  /** A session that is held. */
  const hold = async (): Promise<{ client: ViewerClient; held: HeldSession }> => {
    const client = await farm.viewer("anna");
    const held = await doubted.hold(client);
    await held.asks("code");
    await held.settle();
    return { client, held };
  };
  const giveCode = async (held: HeldSession, steps: number): Promise<void> => {
    await held.giveCode(doubted.code(steps));
    await held.asks("phrase");
  };

  const from = desktop.events.length;
  const first = await hold();
  t.match(first.held.prompts[0]?.field, { kind: "code", typed: 0 });
  await giveCode(first.held, 0);
  const words = await doubted.comesBack(t, first.held, first.client, from);
  t.ok(words.length >= 6, "words were asked for");
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
