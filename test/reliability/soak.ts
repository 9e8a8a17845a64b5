/**
 * Mixed sessions for a while: they join and leave, type and point, resize, are held and released, come back, and some
 * break off; guacd's end fails at random. What is watched: memory, handles, sessions that stay behind, rejections.
 */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { decision } from "../fixtures/decision.ts";
import { Random } from "../fuzz/random.ts";
import { press, Rig, until } from "./rig.ts";

export interface SoakReport {
  readonly sessions: number;
  readonly quarantines: number;
  readonly faults: number;
  readonly keys: number;
  /** Keys of sessions that lived, sent while not held, that guacd did not get. */
  readonly lost: number;
  /** After the first quarter and at the end, after a collection: bytes of heap, and open file descriptors. */
  readonly heap: readonly [number, number];
  readonly descriptors: readonly [number, number];
  readonly left: number;
  readonly rejections: number;
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** @param collect runs a full garbage collection */
export async function soak(minutes: number, hands: number, seed: number, collect: () => void): Promise<SoakReport> {
  const rig = await Rig.start({ config: { limits: { sessionsPerAgent: 100 } } });
  const sum = { sessions: 0, quarantines: 0, faults: 0, keys: 0, lost: 0, rejections: 0 };
  const reject = (): void => void (sum.rejections += 1);
  process.on("unhandledRejection", reject);
  const begun = performance.now();
  const deadline = begun + minutes * 60_000;
  const rest = async (): Promise<[number, number]> => {
    await until(() => rig.gateway.proxy.sessions.size === 0, "the sessions' end", 30_000);
    await sleep(1500);
    collect();
    return [process.memoryUsage().heapUsed, descriptors()];
  };
  const phase = async (end: number): Promise<void> => {
    const work = Array.from({ length: hands }, async (_, n) => {
      const random = new Random(seed * 1000 + n + end);
      while (performance.now() < end) await oneSession(rig, random, sum);
    });
    await Promise.all(work);
  };
  try {
    await phase(begun + minutes * 15_000);
    const early = await rest();
    await phase(deadline);
    const late = await rest();
    return {
      ...sum,
      heap: [early[0], late[0]],
      descriptors: [early[1], late[1]],
      left: rig.gateway.tally.sessionsLive,
    };
  } finally {
    process.off("unhandledRejection", reject);
    await rig.stop();
  }
}

async function oneSession(
  rig: Rig,
  random: Random,
  sum: { sessions: number; quarantines: number; faults: number; keys: number; lost: number },
): Promise<void> {
  const token = await rig.token(`agent-${random.below(20)}`);
  const { viewer, user, id } = await rig.sessionOf(token);
  sum.sessions += 1;
  const control = rig.gateway.proxy.sessions.get(id);
  let sent = 0;
  let holds = 0;
  for (let n = 5 + random.below(40); n > 0; n--) {
    press(viewer, 0x61 + random.below(26));
    viewer.send(`5.mouse,1.${random.below(10)},1.${random.below(10)},1.0;`);
    sent += 1;
    if (random.below(10) === 0) viewer.send(`4.size,3.${800 + random.below(100)},3.${600 + random.below(100)};`);
    if (random.below(20) === 0) user.send("4.sync,1.1;3.nop;");
    if (random.below(30) === 0) {
      // what was sent before a hold is on its way: it must arrive before the count goes on
      await until(() => count(user.received) === sent, "the keys before a hold").catch(() => {});
      control?.quarantine(decision);
      press(viewer, 0x30);
      const ping = String(1e11 + sum.keys + sum.quarantines * 1e6 + sent);
      viewer.send(`0.,4.ping,12.${ping};`);
      await viewer.saw(ping);
      control?.release(decision);
      sum.quarantines += 1;
      holds += 1;
      // input flows again once the picture is back
      await until(() => viewer.text.split(uncovered).length > holds, "the picture").catch(() => {});
    }
    await sleep(random.below(12));
  }
  sum.keys += sent;
  const fault = random.below(5);
  if (fault <= 2) {
    sum.faults += 1;
    if (fault === 0) user.socket.destroy();
    else if (fault === 1) viewer.socket.terminate();
    else viewer.send("no instruction");
  } else {
    await until(() => count(user.received) >= sent, "the keys").catch(() => {});
    sum.lost += Math.max(0, sent - count(user.received));
    viewer.socket.close(1000);
  }
  await Promise.all([viewer.closed, user.closed]);
  rig.guacd.users.splice(rig.guacd.users.indexOf(user), 1);
  rig.guacd.forgetFetches();
}

const uncovered = "7.dispose,10.2000000000;";
const count = (text: string): number => text.split(",1.1;3.key").length - 1;
