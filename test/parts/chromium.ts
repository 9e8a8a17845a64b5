/** A real Chromium for tests, driven by playwright-core; from the parts, or the one that SAMEHAND_CHROMIUM names. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { chromium, type Browser, type Page } from "playwright-core";
import { PartsUnavailable } from "../../demo/apt.ts";
import { ensureParts } from "../../demo/parts.ts";
import { quietly } from "./report.ts";

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
  const { path, environment } = await findChromium();
  const browser = await chromium.launch({
    executablePath: path,
    env: { ...(process.env as Record<string, string>), ...environment },
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

/** Gives a page's browser an authenticator for passkeys, whose owner is there and agrees. */
export async function addAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const;
  await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
}

/** Named, else from the parts, else (Ubuntu has it as a snap only) what is installed. */
async function findChromium(): Promise<{ path: string; environment: Record<string, string> }> {
  const named = process.env["SAMEHAND_CHROMIUM"];
  if (named !== undefined) return { path: named, environment: {} };
  try {
    return (await ensureParts("browser", quietly)).chromium;
  } catch (error) {
    const names = ["chromium", "chromium-browser", "google-chrome"];
    const folders = (process.env["PATH"] ?? "").split(":");
    const path = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file));
    if (path === undefined || !(error instanceof PartsUnavailable)) throw error;
    return { path, environment: {} };
  }
}

/** The colour of one pixel of the page as the screen shows it, such as `255 255 255`. */
export async function colourAt(page: Page, x: number, y: number): Promise<string> {
  const png = await page.screenshot({ clip: { x, y, width: 1, height: 1 } });
  const data = png.indexOf("IDAT");
  const pixel = inflateSync(png.subarray(data + 4, data + 4 + png.readUInt32BE(data - 4)));
  // after the row's filter, which changes nothing in a first pixel
  return [...pixel.subarray(1, 4)].join(" ");
}
