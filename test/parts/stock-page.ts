/**
 * Guacamole's own page in a browser, or the stand-in's, which has the same names where this looks: signing in, the
 * desktop, and the dialog that says what ended it.
 */
import { errors, type Locator, type Page } from "playwright-core";
import type { TestChromium } from "./chromium.ts";
import type { Farm } from "./farm.ts";
import { withoutRepeats } from "./hand.ts";
import { WebApplication } from "./web-application.ts";

export interface StockPageOptions {
  readonly width?: number;
  readonly height?: number;
  /** Something between the page and the gateway lets no WebSocket pass. */
  readonly noWebSocket?: boolean;
}

export class StockPage {
  readonly page: Page;
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens the application's page, through the gateway. @param hash what the address has behind `#` */
  static async open(
    chromium: TestChromium,
    { gateway }: Farm,
    { width = 1024, height = 768, noWebSocket = false }: StockPageOptions = {},
    hash = "/",
  ): Promise<StockPage> {
    const page = await chromium.page({ width, height });
    await withoutRepeats(page);
    if (noWebSocket) await page.addInitScript(blockWebSocket);
    const url = `${gateway.url}/guacamole/`;
    await page.goto(`${url}#${hash}`);
    return new StockPage(page, url);
  }

  /** The address of a connection in the page. */
  static hashOf(dataSource: string, identifier = "desktop"): string {
    return `/client/${Buffer.from([identifier, "c", dataSource].join("\0")).toString("base64")}`;
  }

  /** Signs in. Whoever has one connection is taken to it. */
  async signIn(username: string): Promise<void> {
    await this.page.locator(".login-ui input[type=text]").fill(username);
    await this.page.locator(".login-ui input[type=password]").fill(WebApplication.password);
    await this.page.locator(".login-ui input[type=submit].login").click();
  }

  /** Signs in, and passes once the desktop is shown; guacd 1.3 leaves a few without a picture (`on-desktop.ts`): again. */
  async enter(username: string): Promise<void> {
    await this.signIn(username);
    for (let tries = 1; ; tries++)
      try {
        return await this.shown(tries < 3 ? 10_000 : 30_000);
      } catch (error) {
        if (!(error instanceof errors.TimeoutError) || tries === 3) throw error;
        await this.page.reload();
      }
  }

  /** Passes once a desktop is in view and its first frame is drawn: the page sends what is typed from then on. */
  async shown(timeout = 30_000): Promise<void> {
    await this.page.waitForFunction(drawn, undefined, { timeout });
  }

  /** The dialog that says why there is no desktop. @param words that must be in it */
  dialog(words: RegExp): Locator {
    return this.page.locator(".notification", { hasText: words });
  }

  async reconnect(): Promise<void> {
    await this.page.locator(".notification button.reconnect").click();
  }

  /** Goes to another view of the page, and comes back: each posts the token anew. Passes once the desktop is back. */
  async lookElsewhere(): Promise<void> {
    const back = new URL(this.page.url()).hash.slice(1);
    await this.#view("/settings/preferences");
    await this.page.locator(".client-view").waitFor({ state: "hidden" });
    await this.#view(back);
    await this.shown();
  }

  /** Passes when the token is posted, which is before the page shows the view. */
  async #view(hash: string): Promise<void> {
    const renewed = this.page.waitForResponse(
      (response) => response.url() === `${this.#url}api/tokens` && response.request().method() === "POST",
    );
    await this.page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
    await renewed;
  }

  /** Makes a share link by the page's menu. @returns what its address has behind `#` */
  async share(): Promise<string> {
    for (const key of ["Control", "Alt", "Shift"]) await this.page.keyboard.down(key);
    for (const key of ["Shift", "Alt", "Control"]) await this.page.keyboard.up(key);
    await this.page.locator("#guac-menu .share-menu a").first().click();
    const link = await this.page.locator("#share-links a").first().getAttribute("href");
    return new URL(link ?? "", this.#url).hash.slice(1);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Runs in the page. */
const drawn = `[...document.querySelectorAll(".display canvas")].some(
  (each) => each.checkVisibility() && each.width > 20 && each.getContext("2d").getImageData(10, 10, 1, 1).data[3] > 0,
)`;

function blockWebSocket(): void {
  const Blocked = class extends WebSocket {
    constructor(_url: string, names: string) {
      super("ws://127.0.0.1:2/", names);
    }
  };
  Object.assign(globalThis, { WebSocket: Blocked });
}
