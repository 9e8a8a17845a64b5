/**
 * A visit to the demonstration in a real browser: an agent opens the desktop and works, the keyboard is handed over,
 * and the held session is answered. The people are synthetic; everything else is what `npm start` starts.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { Demonstration } from "../../demo/demonstration.ts";
import { Screen } from "../../demo/screen.ts";
import type { SessionId } from "../../gateway/core/units.ts";
import type { Tunnel } from "../../gateway/proxy/tunnel.ts";
import { Background } from "../../models/background.ts";
import type { TestChromium } from "./chromium.ts";
import { enrolColleagues, enrolPerson } from "./colleagues.ts";
import { Hand, withoutRepeats } from "./hand.ts";
import { HeldSession } from "./held-session.ts";
import { showDesktop } from "./on-desktop.ts";
import { paced, PacedClock } from "./paced-clock.ts";
import { type Player, Typist } from "./typist.ts";

/** The demonstration's agents, and who takes their keyboard. */
export const visitors = { alex: new Typist(1), sam: new Typist(3) } as const;
export const stranger = new Typist(2);
/** Who types the words in an agent's stead: a hand of which a phrase is sure. */
export const impostor = new Typist(5);
export type Visitor = keyof typeof visitors;

const strictClient = (): Buffer => {
  const { resolve } = createRequire(import.meta.url);
  return readFileSync(join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js"));
};

/** How people work at each demonstration: at the pace of its clock. */
const players = new WeakMap<Demonstration, Player>();

/** The demonstration, in silence, from a folder of its own. What has started is for `stop` to stop. */
export async function startVisited(folder: string): Promise<Demonstration> {
  const clock = new PacedClock();
  const demonstration = new Demonstration(new Screen({ write: () => true }), folder, clock);
  try {
    await demonstration.start();
    players.set(demonstration, paced(clock, demonstration.gateway.tally));
  } catch (error) {
    await demonstration.stop();
    throw error;
  }
  return demonstration;
}

/** Both agents are known, and so are colleagues who are of the same kind as they. */
export async function enrolVisitors({ gateway }: Demonstration): Promise<void> {
  const background = Background.load();
  enrolColleagues(gateway.store, background);
  enrolPerson(gateway.store, background, "alex", 1, 1600);
  enrolPerson(gateway.store, background, "sam", 3, 1600);
  await gateway.refreshBackground();
}

export class Visit {
  readonly page: Page;
  readonly held: HeldSession;
  readonly #id: SessionId;
  readonly #hand: Hand;
  readonly #play: Player;
  readonly #demonstration: Demonstration;
  readonly #chromium: TestChromium;
  readonly #name: Visitor;

  private constructor(page: Page, demonstration: Demonstration, chromium: TestChromium, name: Visitor) {
    const newest = [...demonstration.gateway.proxy.sessions].at(-1);
    if (newest === undefined) throw new Error("no session");
    const [id, control] = newest;
    this.#id = id;
    this.page = page;
    this.#hand = new Hand(page);
    this.#play = players.get(demonstration)!;
    this.held = new HeldSession(control, this.#hand, this.#play);
    this.#demonstration = demonstration;
    this.#chromium = chromium;
    this.#name = name;
  }

  /** Opens the agent's desktop as the front desk hands it out. @param client the version of guacamole-common-js */
  static async open(
    demonstration: Demonstration,
    chromium: TestChromium,
    name: Visitor,
    client: string,
  ): Promise<Visit> {
    const page = await chromium.page();
    await withoutRepeats(page);
    if (client === "1.5.0")
      await page.route("**/guacamole.js", (route) =>
        route.fulfill({ contentType: "text/javascript", body: strictClient() }),
      );
    await showDesktop(page, () => `${demonstration.url}/open/${name}`);
    return new Visit(page, demonstration, chromium, name);
  }

  /** The agent does some work. */
  async work(): Promise<void> {
    await this.page.mouse.click(900, 600);
    await this.#play(visitors[this.#name].shift(60, 9), this.#hand);
    await this.#hand.idle();
  }

  /** The agent types, as agents do. */
  async write(text: string): Promise<void> {
    await this.#play(visitors[this.#name].type(text, 0, 5), this.#hand);
    await this.#hand.idle();
  }

  /** Somebody else works on, until the session is held. @throws Error where it never is, or ends */
  async handOver(): Promise<void> {
    await this.#play(stranger.shift(3000, 1), this.#hand, () => this.held.asked || this.#over);
    if (!this.held.asked) throw new Error(`somebody else was not held${this.#over ? ": the session ended" : ""}`);
    await this.#hand.idle();
    await this.held.settle();
  }

  /** The agent's code, read on the front desk. @param photograph where to keep a picture of it */
  async readCode(photograph?: string): Promise<string> {
    const page = await this.#chromium.page();
    await page.goto(this.#demonstration.url);
    const card = page.locator("article", { hasText: `Open ${this.#name[0]?.toUpperCase()}${this.#name.slice(1)}` });
    const text = (await card.getByText(/^One-time code: \d/).textContent()) ?? "";
    await card.getByText("On a phone instead").click();
    await page.waitForFunction("document.querySelector('details[open] img')?.naturalWidth > 0");
    if (photograph !== undefined) await page.screenshot({ path: photograph, fullPage: true });
    await page.context().close();
    return text.replace(/^\D+(\d{3}) (\d{3}),.*$/, "$1$2");
  }

  /** Gives the code that the front desk shows, and passes once words are asked for. */
  async giveCode(photograph?: string): Promise<void> {
    await this.held.giveCode(await this.readCode(photograph));
    await this.held.asks("phrase");
    await this.held.settle();
  }

  /** Types the words that are asked for. @returns how they were received, and the words */
  async giveWords(hand: Typist): Promise<{ outcome: "passed" | "severed" | "none"; words: string[] }> {
    const words = await this.held.givePhrase(hand, () => this.held.released || this.#over);
    if (this.#over) return { outcome: "severed", words };
    if (!this.held.released) return { outcome: "none", words };
    await this.#back();
    return { outcome: "passed", words };
  }

  /** Keys of this session that were taken for the desktop's so far. */
  async keystrokes(): Promise<number> {
    const sessions = (await this.#demonstration.gateway.fleet.ask("sessions", null)).flatMap((each) => each.sessions);
    return sessions.find(({ id }) => id === this.#id)?.keystrokes ?? 0;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  get #over(): boolean {
    return !this.#demonstration.gateway.proxy.sessions.has(this.#id);
  }

  /** Passes once the picture is back. */
  async #back(): Promise<void> {
    while (this.#tunnel?.withheld === true) await sleep(50);
    await sleep(500);
  }

  get #tunnel(): Tunnel | undefined {
    return this.#demonstration.gateway.proxy.sessions.get(this.#id) as Tunnel | undefined;
  }
}
