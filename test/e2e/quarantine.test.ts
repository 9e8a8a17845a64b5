/**
 * A quarantine on real parts: what X received, what clients of one's own were sent, and what a browser shows
 * afterwards against X's own pixels. The long ones: `npm run hold -- --minutes 10 --rounds 20`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { instruction } from "../../gateway/offline/viewer-client.ts";
import { startChromium } from "../parts/chromium.ts";
import { startFarm } from "../parts/farm.ts";
import { showDesktop } from "../parts/on-desktop.ts";
import { clients, returned } from "../reliability/returned.ts";
import { until } from "../reliability/rig.ts";
import { Leaks, operate, pester, withheld } from "../reliability/withheld.ts";

t.test("no byte of input and no pixel of the desktop pass, whatever moves, and afterwards all goes on", async (t) => {
  t.setTimeout(90_000);
  const farm = await startFarm();
  t.teardown(() => farm.stop());
  const { events, foreign, alive, instructions } = await withheld(farm, 7);
  t.equal(events, 0, "X received nothing");
  t.same(foreign.slice(0, 5), [], `none of ${instructions} instructions is the desktop's`);
  t.ok(instructions > 0, "the hold screen was sent");
  t.ok(alive, "the session is alive, and an operator's release gives it back");
  t.equal(farm.gateway.tally.refusals.size, 0);
});

t.test("whoever joins a held desktop, resizes or comes back sees and does nothing either", async (t) => {
  t.setTimeout(90_000);
  const farm = await startFarm();
  t.teardown(() => farm.stop());
  const { desktop, gateway } = farm;
  const owner = await farm.viewer("alex");
  // From the start: a picture that is half sent when the hold begins is known as one.
  const leaks = new Leaks(owner);
  const id = [...gateway.proxy.sessions.keys()].at(-1)!;
  const motion = await desktop.move("video", 40_000, { top: 40 });
  owner.send(
    instruction("mouse", 5, 5, 0) + instruction("clipboard", 3, "text/plain") + instruction("blob", 3, "SGk="),
  );
  await desktop.settled();
  await operate(farm, id, "quarantine");
  await leaks.covered;
  await desktop.settled();
  t.same(leaks.refusals, ["3:771"], "a stream that the hold cuts is refused");
  const from = desktop.events.length;
  const guest = await farm.viewer("bea", id);
  const seen = new Leaks(guest, true);
  const stops = [pester(owner), pester(guest)];
  await sleep(1500);
  await until(() => leaks.refusals.includes("7:771"), "and one that is opened in it");
  for (const stop of stops) stop();
  t.equal(gateway.tally.sessionsHeld, 2);
  t.same(leaks.found.slice(0, 5), [], "the owner saw nothing of the desktop");
  t.same(seen.found.slice(0, 5), [], "nor did the guest");
  t.ok(leaks.seen > 0 && seen.seen > 0, "both were sent something");

  await owner.close();
  const again = await farm.viewer("alex");
  const returning = new Leaks(again, true);
  const stop = pester(again);
  await sleep(1500);
  stop();
  await desktop.settled();
  t.same(returning.found.slice(0, 5), [], "leaving it and coming back shows nothing");
  t.same(desktop.events.slice(from), [], "and nothing of all that reached X");

  await operate(farm, [...gateway.proxy.sessions.keys()].at(-1)!, "release");
  while (gateway.tally.sessionsHeld > 0) await sleep(5);
  await again.next("img");
  again.send(instruction("key", 0x62, 1) + instruction("key", 0x62, 0));
  await desktop.received((event) => event.kind === "key" && event.pressed, { from });
  await motion.stop();

  const button = async (pressed: boolean, from: number) =>
    desktop.received((event) => event.kind === "button" && event.pressed === pressed, { from });
  const before = desktop.events.length;
  again.send(instruction("mouse", 30, 30, 1));
  await button(true, before);
  await again.close();
  await button(false, before);
  const next = button(true, desktop.events.length);
  (await farm.viewer("alex")).send(instruction("mouse", 50, 30, 1));
  t.match(await next, { x: 50 }, "a button that was down at the end keeps nobody's pointer out");
});

t.setTimeout(400_000);
const chromium = await startChromium();
t.teardown(() => chromium.stop());

for (const [client, pages] of Object.entries(clients))
  t.test(`${client}: what is held down when a hold begins or ends is let go, and stays without effect`, async (t) => {
    t.setTimeout(90_000);
    const farm = await startFarm({ pages });
    t.teardown(() => farm.stop());
    const { desktop, gateway } = farm;
    const page = await chromium.page({ width: 1024, height: 768 });
    await showDesktop(page, async () => `${gateway.url}/#token=${await farm.token("alex")}`);
    const id = [...gateway.proxy.sessions.keys()].at(-1)!;
    const { keyboard, mouse } = page;
    const start = desktop.events.length;
    await mouse.move(300, 300);
    await mouse.down();
    await mouse.move(340, 320);
    await keyboard.down("Shift");
    await desktop.received((event) => event.kind === "key" && event.modifier && event.pressed, { from: start });
    await operate(farm, id, "quarantine");
    await desktop.received((event) => event.kind === "key" && event.modifier && !event.pressed, { from: start });
    await desktop.received((event) => event.kind === "button" && !event.pressed, { from: start });
    await keyboard.up("Shift");

    const from = desktop.events.length;
    await mouse.move(400, 400);
    await keyboard.down("Enter");
    // the client repeats a key that is held from half a second on
    await sleep(800);
    await operate(farm, id, "release");
    while (gateway.tally.sessionsHeld > 0) await sleep(5);
    const repeats = gateway.tally.keyEvents;
    await until(() => gateway.tally.keyEvents > repeats, "the client repeats the key after the release");
    await mouse.move(420, 420);
    await keyboard.up("Enter");
    await mouse.up();
    await desktop.settled();
    const acted = desktop.events.slice(from).filter(({ kind }) => kind !== "motion");
    t.same(acted, [], "neither the key nor the button reached X");
    await keyboard.press("b");
    await mouse.down();
    await mouse.up();
    await desktop.received((event) => event.kind === "key" && event.name === "b" && event.pressed, { from });
    await desktop.received((event) => event.kind === "button" && event.pressed, { from });
    await page.context().close();
  });

for (const [client, rounds] of [
  ["1.5.0", 1],
  ["1.6.0", 2],
] as const)
  t.test(`${client}: the picture that comes back is X's own`, async (t) => {
    t.setTimeout(180_000);
    for (const each of await returned(chromium, client, ["still", "typing", "video", "scroll"], rounds))
      t.not(each.verdict, "wrong", JSON.stringify(each));
  });
