import t from "tap";
import { SamehandError } from "../core/errors.ts";
import { agentName, epochMillis, sessionId } from "../core/units.ts";
import { Doubts } from "../judge/doubts.ts";
import { Desktops, type Sharer } from "../proxy/desktops.ts";
import { worker } from "../../test/parts/buses.ts";
import { Shares } from "../proxy/webapp/shares.ts";
import { Bus, type BusMessage } from "./bus.ts";
import { Middle } from "./middle.ts";

/** A few turns: every message that is on its way has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

class Session implements Sharer {
  readonly id;
  readonly connectionId = "$desk";
  readonly guacd = { host: "127.0.0.1", port: 4822, tls: null };
  held = false;
  companion = false;
  severed: string | null = null;

  constructor(id: string) {
    this.id = sessionId(id);
  }

  companionHeld(held: boolean): void {
    this.companion = held;
  }

  sever(error: SamehandError): void {
    this.severed = error.code;
  }
}

t.test("who shares a desktop with a held session in another worker is held with it, and cut with it", async (t) => {
  const bus = new Bus("0");
  const middle = new Middle(bus, () => 10);
  const [one, two] = [worker("1", bus), worker("2", bus)];
  const [first, second] = [new Desktops(one.bus), new Desktops(two.bus)];
  const [owner, guest, late] = [new Session("owner"), new Session("guest"), new Session("late")];
  first.changed(owner);
  second.changed(guest);
  owner.held = true;
  first.changed(owner);
  await settled();
  t.equal(guest.companion, true);
  t.equal(owner.companion, false, "its own hold is its own");
  t.match(await second.locate("owner"), { connectionId: "$desk", guacd: { port: 4822 } }, "joined by the session's id");
  const third = worker("3", bus);
  const newcomer = new Desktops(third.bus);
  await settled();
  newcomer.changed(late);
  t.equal(late.companion, true, "a worker that began later knows it too");
  middle.gone("1");
  await settled();
  t.same([guest.companion, late.companion], [false, false], "with its worker the hold is gone");
  second.ended(guest, new SamehandError("agent-locked"));
  await settled();
  t.same([owner.severed, late.severed], ["agent-locked", "agent-locked"]);
});

t.test("who is doubted in one worker is doubted in all, and in one that begins later", async (t) => {
  const bus = new Bus("0");
  const middle = new Middle(bus, () => 10);
  t.equal(middle.sessions, 0);
  const [one, two] = [worker("1", bus), worker("2", bus)];
  const [here, there] = [new Doubts(one.bus), new Doubts(two.bus)];
  const ann = agentName("ann");
  const doubt = { suspicion: 3, held: 1000, at: epochMillis(5) };
  here.note(ann, doubt);
  await settled();
  t.match(there.of(ann, epochMillis(6)), doubt);
  bus.detach(one.outward);
  const late = new Doubts(worker("3", bus).bus);
  await settled();
  t.match(late.of(ann, epochMillis(6)), doubt, "although the worker that knew is gone");
  there.recognised(ann);
  await settled();
  t.equal(late.of(ann, epochMillis(6)), null);
});

t.test(
  "a profile that is taken back leaves its agent as doubted as before, in a worker that begins later too",
  async (t) => {
    const bus = new Bus("0");
    const middle = new Middle(bus, () => 10);
    t.equal(middle.sessions, 0);
    const [agent, first] = [agentName("ann"), worker("1", bus).bus];
    const doubts = new Doubts(first);
    await settled();
    doubts.note(agent, { suspicion: 3, held: 1000, at: epochMillis(5) });
    await settled();
    for (const [kind, held] of [
      ["rolled-back", 1000],
      ["unlocked", undefined],
    ] as const) {
      bus.publish("changed", { kind, agent });
      const late = new Doubts(worker(`after ${kind}`, bus).bus);
      await settled();
      t.equal(late.of(agent, epochMillis(6))?.held, held, kind);
    }
  },
);

t.test("what a worker that was busy hears together stands as it came last", async (t) => {
  const bus = new Bus("3");
  const asked: BusMessage[] = [];
  const link = { send: (message: BusMessage) => void asked.push(message) };
  bus.attach(link);
  const [doubts, desktops] = [new Doubts(bus), new Desktops(bus)];
  const agent = agentName("ann");
  const doubt = { agent, suspicion: 3, held: 1000, at: epochMillis(5) };
  const held = { session: sessionId("owner"), connectionId: "$desk", worker: "1" };
  const standing = { doubts: [doubt], held: [held] };
  for (const { id } of asked as { id: number }[])
    bus.received({ bus: "answers", id, answers: [standing], missing: 0 }, link);
  bus.received({ bus: "tell", topic: "cleared", payload: { agent } }, link);
  bus.received({ bus: "tell", topic: "held", payload: { ...held, held: false } }, link);
  await settled();
  t.equal(doubts.of(agent, epochMillis(6)), null, "an agent who was recognised meanwhile");
  const guest = new Session("guest");
  desktops.changed(guest);
  t.equal(guest.companion, false, "and a desktop that was released");
});

t.test("what a worker said last before it died is heard before it is gone", async (t) => {
  const bus = new Bus("0");
  const middle = new Middle(bus, () => 10);
  const asked: BusMessage[] = [];
  const link = { send: (message: BusMessage) => void asked.push(message) };
  bus.attach(link);
  void bus.ask("sessions", null);
  const { id } = asked[0] as { id: number };
  const held = { session: sessionId("owner"), connectionId: "$desk", worker: "1" };
  bus.received({ bus: "answers", id, answers: [], missing: 0 }, link);
  bus.received({ bus: "tell", topic: "held", payload: { ...held, held: true } }, link);
  bus.detach(link);
  middle.gone("1");
  await settled();
  const desktops = new Desktops(worker("2", bus).bus);
  await settled();
  const guest = new Session("guest");
  desktops.changed(guest);
  t.equal(guest.companion, false, "nobody is held for the dead");
});

t.test("a worker asks what stands until it is told", async (t) => {
  const bus = new Bus("3", 20);
  let asked = 0;
  const agent = agentName("ann");
  const doubt = { agent, suspicion: 3, held: 1000, at: epochMillis(5) };
  const held = { session: sessionId("owner"), connectionId: "$desk", worker: "1" };
  const told = Promise.withResolvers<void>();
  const link = {
    send(message: BusMessage) {
      if (message.bus !== "ask" || ++asked <= 2) return;
      bus.received({ bus: "answers", id: message.id, answers: [{ doubts: [doubt], held: [held] }], missing: 0 }, link);
      if (asked === 4) told.resolve();
    },
  };
  bus.attach(link);
  const [doubts, desktops] = [new Doubts(bus), new Desktops(bus)];
  await told.promise;
  await settled();
  t.match(doubts.of(agent, epochMillis(6)), { held: 1000 }, "who left a hold is not free in it");
  const guest = new Session("guest");
  desktops.changed(guest);
  t.equal(guest.companion, true);
});

t.test("a worker that begins later knows where share links lead, and takes nobody for alone unheard", async (t) => {
  const bus = new Bus("0");
  const middle = new Middle(bus, () => 10);
  t.equal(middle.sessions, 0);
  const one = worker("1", bus);
  const link = (key: string): string => JSON.stringify({ values: { key } });
  new Shares(one.bus).learn("tunnel-a", link("k"));
  await settled();
  bus.detach(one.outward);
  const two = worker("2", bus);
  const late = new Shares(two.bus);
  t.equal(await late.of("k"), "tunnel-a", "although the worker that made it is gone");
  t.equal(await late.of("desktop"), "", "what is no link's key leads to no other's desktop");
  const unheard = new Bus("3", 20);
  unheard.attach({ send() {} });
  await t.rejects(new Shares(unheard).of("k"), { code: "neighbour-silent" });
  t.equal(await new Shares(new Bus("1")).of("desktop"), "", "a process that is alone knows all there is");
});

t.test("sessions of an agent count over all workers, and those of a dead worker no more", async (t) => {
  const bus = new Bus("0");
  const middle = new Middle(bus, () => 3);
  const [one, two] = [worker("1", bus), worker("2", bus)];
  const claim = async (from: Bus, session: string, agent = "ann") =>
    from.ask("claim", { session: sessionId(session), agent: agentName(agent), worker: from.name, sessionsPerAgent: 2 });
  t.same(await claim(one.bus, "a"), [null]);
  t.same(await claim(two.bus, "b"), [null]);
  t.same(await claim(two.bus, "c"), ["too-many-sessions"]);
  t.same(await claim(two.bus, "d", "bert"), [null]);
  t.same(await claim(two.bus, "e", "carl"), ["too-many-sessions"], "the whole gateway's limit");
  middle.gone("1");
  t.equal(middle.sessions, 2);
  two.bus.publish("left", { session: sessionId("b") });
  await settled();
  t.same(await claim(one.bus, "f"), [null]);
});
