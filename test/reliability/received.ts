/**
 * Tries messages on a real desktop through a real gateway and guacd, and compares what was scored with what X received.
 * A message that is refused ends its session; the next one begins another.
 */
import type { ViewerClient } from "../../gateway/offline/viewer-client.ts";
import { type Farm, startFarm } from "../parts/farm.ts";
import { differences, Ear } from "./scored.ts";

export interface Finding {
  readonly message: Buffer;
  readonly faults: readonly string[];
}

export class Trial {
  readonly farm: Farm;
  readonly findings: Finding[] = [];
  tried = 0;
  refused = 0;
  /** Input events scored, and events that X received. */
  scored = 0;
  readonly #ear: Ear;
  #viewer: ViewerClient | null = null;

  private constructor(farm: Farm, ear: Ear) {
    this.farm = farm;
    this.#ear = ear;
  }

  static async start(): Promise<Trial> {
    const ear = new Ear();
    return new Trial(await startFarm({ config: { limits: { sessionsPerAgent: 1000 } } }), ear);
  }

  get received(): number {
    return this.farm.desktop.events.length;
  }

  /**
   * Sends one message in a session that begins with nothing pressed, and compares.
   * @param cuts byte offsets at which the message is cut into WebSocket fragments
   */
  async try(message: Buffer, cuts: readonly number[] = []): Promise<void> {
    const { desktop } = this.farm;
    const viewer = (this.#viewer ??= await this.farm.viewer("alex"));
    const from = desktop.events.length;
    this.#ear.heard.length = 0;
    let at = 0;
    for (const cut of [...cuts, message.length]) {
      viewer.send(message.subarray(at, cut), { binary: false, fin: cut === message.length });
      at = cut;
    }
    // the answer to a ping proves that the message was worked off; a session that was refused has ended instead
    const answered = new Promise<void>((resolve) => {
      const stop = viewer.onInstruction((elements) => {
        if (elements[0] !== "" || elements[1] !== "ping") return;
        stop();
        resolve();
      });
    });
    viewer.send("0.,4.ping,1.7;");
    await Promise.race([answered, viewer.ended]);
    const heard = this.#ear.heard;
    if (!viewer.open) this.refused += 1;
    // guacd works what it was sent off in its own time, and drops the rest of it at a disconnect
    if (heard.length > 0) await desktop.settled(50 + heard.length / 4);
    let faults = differences(heard, desktop.events.slice(from), !viewer.open);
    // a busy machine takes longer
    for (let tries = 0; faults.length > 0 && viewer.open && tries < 30; tries++) {
      await desktop.settled(100);
      faults = differences(heard, desktop.events.slice(from), !viewer.open);
    }
    if (heard.length > 0) await this.#letGo(viewer);
    if (!viewer.open || heard.length > 0) {
      // so that no key stays pressed for the next one
      if (viewer.open) await viewer.close();
      this.#viewer = null;
    }
    if (!viewer.open && heard.length === 0) await desktop.settled(20);
    this.tried += 1;
    this.scored += heard.length;
    if (heard.length === 0) faults.push(...differences(heard, desktop.events.slice(from)));
    if (faults.length > 0) this.findings.push({ message, faults });
  }

  /** The VNC server hears no other pointer while one that left has a button down: it is let go before the next session. */
  async #letGo(viewer: ViewerClient): Promise<void> {
    const { desktop } = this.farm;
    const down = (): boolean => desktop.events.findLast((event) => event.kind === "button")?.pressed === true;
    let hand = viewer;
    for (let tries = 0; down(); tries++) {
      if (tries === 50) throw new Error("a button stays down");
      if (!hand.open) hand = await this.farm.viewer("alex");
      hand.send("5.mouse,1.5,1.5,1.0;");
      await desktop.settled(50);
    }
    if (hand !== viewer) await hand.close();
  }

  async stop(): Promise<void> {
    await this.#viewer?.close();
    await this.farm.stop();
    this.#ear.stop();
  }
}
