/**
 * A challenge from start to end on real parts: the agent comes back by code and phrase, somebody else with the right
 * code does not, and nothing of either reaches the desktop. What X received decides.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Prompt } from "../../gateway/core/prompt.ts";
import type { SessionControl } from "../../gateway/core/session.ts";
import { agentName, epochMillis, keysym, millis } from "../../gateway/core/units.ts";
import { codeAt, enrolCode } from "../../gateway/judge/challenge-code.ts";
import type { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { defaultPolicyFile } from "../../gateway/policy/policy-file.ts";
import { Background } from "../../models/background.ts";
import { enrolPerson } from "../parts/colleagues.ts";
import { startFarm } from "../parts/farm.ts";
import { play, Typist } from "../parts/typist.ts";

const enter = 0xff0d;
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

  /** A session that is held, and what its hold screen shows. */
  const held = async (): Promise<{ client: ViewerClient; prompts: Prompt[] }> => {
    const client = await farm.viewer("anna");
    const control = [...gateway.proxy.sessions.values()].at(-1) as SessionControl;
    const prompts: Prompt[] = [];
    const show = control.show.bind(control);
    control.show = (prompt) => {
      prompts.push(prompt);
      show(prompt);
    };
    await play(anna.type(before, 0), client, () => prompts.length > 0);
    while (prompts.length === 0) await sleep(50);
    await sleep(1200);
    return { client, prompts };
  };
  const press = async (client: ViewerClient, symbol: number): Promise<void> => {
    client.key(millis(0), keysym(symbol), true);
    await sleep(40);
    client.key(millis(0), keysym(symbol), false);
    await sleep(60);
  };
  const giveCode = async (client: ViewerClient, prompts: Prompt[], steps: number): Promise<void> => {
    const code = codeAt(gateway.store, id, epochMillis(Date.now() + steps * 30_000)) ?? "";
    for (const digit of code) await press(client, digit.charCodeAt(0));
    await press(client, enter);
    while (prompts.at(-1)?.field.kind !== "phrase") await sleep(20);
  };
  /** Types what is asked as long as something is, and the session lives. */
  const givePhrase = async (client: ViewerClient, prompts: Prompt[], hand: Typist): Promise<string[]> => {
    const typed: string[] = [];
    const from = gateway.tally.challenges.get("passed") ?? 0;
    for (let tries = 0; tries < 9 && client.open; tries++) {
      if ((gateway.tally.challenges.get("passed") ?? 0) > from) break;
      const field = prompts.at(-1)?.field;
      const words = field?.kind === "phrase" ? field.words.filter((word) => word.state !== "right") : [];
      typed.push(...words.map(({ text }) => text));
      await play(hand.type(words.map(({ text }) => text).join(" "), 0, tries), client, () => !client.open);
      await sleep(600);
    }
    return typed;
  };

  const from = desktop.events.length;
  const first = await held();
  t.match(first.prompts[0]?.field, { kind: "code", typed: 0 });
  await giveCode(first.client, first.prompts, 0);
  const words = await givePhrase(first.client, first.prompts, anna);
  t.ok(words.length >= 6, "words were asked for");
  t.equal(gateway.tally.challenges.get("passed"), 1);
  while (gateway.tally.sessionsHeld > 0) await sleep(20);
  await sleep(200);
  await play(anna.type("thanks", 0), first.client);
  await sleep(300);
  await desktop.settled();
  const received = desktop.typed(from);
  t.ok(before.startsWith(received.slice(0, -"thanks".length)), `only what came before the verdict: ${received.length}`);
  t.ok(received.endsWith("thanks"), "and what came after the release");
  await first.client.close();

  const later = desktop.events.length;
  const second = await held();
  await giveCode(second.client, second.prompts, 1);
  await givePhrase(second.client, second.prompts, new Typist(2));
  t.match(await second.client.ended, { status: 0x020b, closeReason: String(0x020b) });
  t.equal(gateway.tally.challenges.get("severed"), 1);
  t.equal(gateway.tally.challenges.get("failed-phrase"), 3);
  await desktop.settled();
  t.ok(before.startsWith(desktop.typed(later)), "nothing of the other hand's reached the desktop");
  t.not(gateway.store.lockOf(agentName("anna")), null);
  await t.rejects(farm.viewer("anna"), /ended/);
});
