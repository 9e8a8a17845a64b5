/** A real Chromium for tests, driven by playwright-core; from the parts, or the one that SAMEHAND_CHROMIUM names. */
import { inflateSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { ensureParts } from "../../demo/parts.ts";

const flags = `--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);

export interface TestChromium {
  readonly browser: Browser;
  /** A page of its own profile; what its scripts throw fails the run through `errors`. */
  page(options?: { width?: number; height?: number; dark?: boolean }): Promise<Page>;
  /** Uncaught errors and console errors of all pages. */
  readonly errors: string[];
  stop(): Promise<void>;
}

/** @throws PartsUnavailable where there is no Chromium to be had */
export async function startChromium(): Promise<TestChromium> {
  const own = process.env["SAMEHAND_CHROMIUM"];
  const parts =
    own === undefined ? (await ensureParts("browser", console.error)).chromium : { path: own, environment: {} };
  const browser = await chromium.launch({
    executablePath: parts.path,
    env: { ...(process.env as Record<string, string>), ...parts.environment },
    args: flags,
  });
  const errors: string[] = [];
  return {
    browser,
    errors,
    async page({ width = 1280, height = 800, dark = false } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
      const page = await context.newPage();
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
      return page;
    },
    stop: () => browser.close(),
  };
}

/** The colour of one pixel of the page as the screen shows it, such as `255 255 255`. */
export async function colourAt(page: Page, x: number, y: number): Promise<string> {
  const png = await page.screenshot({ clip: { x, y, width: 1, height: 1 } });
  const data = png.indexOf("IDAT");
  const pixel = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  // after the row's filter, which changes nothing in a first pixel
  return [...pixel.subarray(1, 4)].join(" ");
}
