/**
 * What passes in a quarantine on real parts: a viewer of its own make types, points, opens streams and resizes while
 * something moves on the desktop. What X received and every instruction that the viewer was sent are counted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { OperatorAct } from "../../gateway/core/live.ts";
import type { SessionId } from "../../gateway/core/units.ts";
import { type ViewerClient, instruction } from "../../gateway/offline/viewer-client.ts";
import { overlayLayer, overlayStream } from "../../gateway/protocol/guacamole/overlay.ts";
import type { Farm } from "../parts/farm.ts";

/** They draw nothing. */
const harmless = new Set(["sync", "nop", "dispose", "", "ack"]);
const ground = "20,24,40,255";

/** Whether a viewer is sent something of the desktop's: pictures and drawing that are not the hold screen. */
export function foreign([opcode = "", ...args]: readonly string[]): boolean {
  const [first, second, third] = args.map(Number);
  if (harmless.has(opcode)) return false;
  if (opcode === "blob" || opcode === "end") return first < overlayStream;
  if (opcode === "img") return third !== overlayLayer;
  if (opcode === "cfill") return !(second === overlayLayer || (second === 0 && args.slice(2).join() === ground));
  return first !== overlayLayer && !(first === 0 && (opcode === "size" || opcode === "rect"));
}

/** Notes what a viewer is sent of the desktop from the hold screen on; the rest of a half sent picture is no new one. */
export class Leaks {
  /** Instructions of the desktop's, shortened. */
  readonly found: string[] = [];
  /** Instructions that were sent from the hold screen on. */
  seen = 0;
  /** Refusals of the viewer's own streams: `stream:status`. */
  readonly refusals: string[] = [];
  readonly #open = new Set<string>();
  /** Settled when the hold screen begins. */
  readonly covered: Promise<void>;

  constructor(viewer: ViewerClient, since = false) {
    let covered = since;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.covered = promise;
    viewer.onInstruction((elements) => {
      const [opcode, stream, , layer] = elements;
      if (opcode === "ack") this.refusals.push(`${stream}:${layer}`);
      if (!covered) {
        if (opcode === "img") this.#open.add(stream);
        if (opcode === "end") this.#open.delete(stream);
        covered = opcode === "size" && stream === String(overlayLayer);
        if (covered) resolve();
        return;
      }
      this.seen += 1;
      const rest = (opcode === "blob" || opcode === "end") && this.#open.has(stream);
      if (opcode === "end") this.#open.delete(stream);
      if (!rest && foreign(elements)) this.found.push(elements.join().slice(0, 60));
    });
  }
}

/** An operator acts on a session. */
export async function operate(farm: Farm, id: string, kind: OperatorAct["kind"]): Promise<void> {
  const act: OperatorAct = { kind, operator: "olga", reason: "a test" };
  const outcomes = await farm.gateway.fleet.ask("act", { id: id as SessionId, act });
  if (!outcomes.includes("done")) throw new Error(`${kind}: ${outcomes.join()}`);
}

/** Everything that a viewer can do, each fifth of a second, until the returned function is called. */
export function pester(viewer: ViewerClient): () => void {
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    viewer.send(instruction("key", 0x61, 1) + instruction("key", 0x61, 0));
    viewer.send(instruction("mouse", 5, 5, 1) + instruction("mouse", 5, 5, 0));
    viewer.send(instruction("clipboard", 7, "text/plain") + instruction("blob", 7, "SGk=") + instruction("end", 7));
    viewer.send(instruction("size", 800 + (turn % 9), 600));
  }, 200);
  return () => clearInterval(timer);
}

export interface Withheld {
  readonly seconds: number;
  /** Events that X received in the hold. */
  readonly events: number;
  /** Instructions that the viewer was sent in it, and those among them that are the desktop's. */
  readonly instructions: number;
  readonly foreign: readonly string[];
  /** The session was still open at its end, and a key typed after the release reached X. */
  readonly alive: boolean;
}

/** Holds a session for so long over a video, has everything tried meanwhile, and releases it. */
export async function withheld(farm: Farm, seconds: number): Promise<Withheld> {
  const { desktop, gateway } = farm;
  const viewer = await farm.viewer("alex");
  const leaks = new Leaks(viewer);
  const id = [...gateway.proxy.sessions.keys()].at(-1)!;
  viewer.send(instruction("mouse", 5, 5, 0));
  const motion = await desktop.move("video", (seconds + 20) * 1000, { top: 40 });
  await viewer.next("img");
  await operate(farm, id, "quarantine");
  await leaks.covered;
  await desktop.settled();
  const from = desktop.events.length;
  const stop = pester(viewer);
  await sleep(seconds * 1000);
  stop();
  await desktop.settled();
  const events = desktop.events.length - from;
  const { seen: instructions } = leaks;
  const found = [...leaks.found];
  const { open } = viewer;
  if (open) await operate(farm, id, "release");
  while (gateway.tally.sessionsHeld > 0) await sleep(5);
  const back = desktop.events.length;
  viewer.send(instruction("key", 0x62, 1) + instruction("key", 0x62, 0));
  const typed = await desktop
    .received((event) => event.kind === "key" && event.pressed, { from: back })
    .catch(() => null);
  await motion.stop();
  await viewer.close();
  return { seconds, events, instructions, foreign: found, alive: open && typed !== null };
}
