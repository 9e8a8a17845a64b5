/**
 * A real desktop for the bench: X, guacd and Chromium, and a page with Guacamole's own client that tells how long
 * after a key the screen changed. What the key does is a window that turns from black to white and back.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { dirname, join } from "node:path";
import type { Page } from "playwright-core";
import { Desktop } from "../../demo/desktop.ts";
import { Guacd } from "../../demo/guacd.ts";
import { ensureParts } from "../../demo/parts.ts";
import type { Program } from "../../demo/program.ts";
import { startChromium, type TestChromium } from "../../test/parts/chromium.ts";

const [width, height] = [1024, 768];
const library = join(
  dirname(createRequire(import.meta.url).resolve("guacamole-common-js")),
  "../esm/guacamole-common.js",
);

/** The window that answers a key. Ready when it says so. */
const answering = `
wm overrideredirect . 1
wm geometry . ${width}x${height}+0+0
. configure -background black
set white 0
bind . <KeyPress> { set white [expr {!$white}]; . configure -background [expr {$white ? "white" : "black"}] }
update
focus -force .
puts ready
flush stdout
`;

/** Boxes all over the screen that change colour 30 times a second. */
const playing = `
wm overrideredirect . 1
wm geometry . ${width}x${height}+0+0
canvas .c -width ${width} -height ${height} -highlightthickness 0
pack .c
for {set n 0} {$n < 48} {incr n} {
  set x [expr {($n % 8) * 128}]; set y [expr {($n / 8) * 128}]
  .c create rectangle $x $y [expr {$x + 128}] [expr {$y + 128}] -width 0 -tags cell$n
}
proc step {} {
  for {set n 0} {$n < 48} {incr n} { .c itemconfigure cell$n -fill [format "#%06x" [expr {int(rand() * 16777216)}]] }
  after 33 step
}
step
update
puts ready
flush stdout
`;

const html = `<!doctype html><title>bench</title><script type="module">
import Guacamole from "/guacamole.js";
const [base, query] = decodeURIComponent(location.hash.slice(1)).split("?");
const client = new Guacamole.Client(new Guacamole.WebSocketTunnel(base));
const display = client.getDisplay();
document.body.append(display.getElement());
let frames = 0;
let shown = () => {};
client.onsync = () => display.flush(() => { frames++; shown(); });
client.connect(query);
const colour = () => [...display.getDefaultLayer().getCanvas().getContext("2d").getImageData(500, 400, 1, 1).data].join();
const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
window.shows = () => frames > 0;
window.framesIn = async (millis) => { const before = frames; await pause(millis); return frames - before; };
window.keyToPixel = async (keys) => {
  const took = [];
  for (let key = 0; key < keys; key++) {
    // Away from the beat at which the desktop draws.
    await pause(80 + Math.random() * 60);
    const before = colour();
    const changed = new Promise((resolve) => { shown = () => { if (colour() !== before) resolve(); }; });
    const began = performance.now();
    client.sendKeyEvent(1, 0x61);
    client.sendKeyEvent(0, 0x61);
    await changed;
    took.push(performance.now() - began);
  }
  shown = () => {};
  return took;
};
</script>`;

export class Desk {
  readonly guacd: number;
  /** The page's origin, which a gateway must let in. */
  readonly origin: string;
  /** Where the desktop's VNC server is. */
  readonly port: string;
  readonly #desktop: Desktop;
  readonly #chromium: TestChromium;
  readonly #stops: (() => Promise<unknown>)[];
  readonly #folder: string;
  #program: Program | null = null;

  private constructor(
    desktop: Desktop,
    guacd: Guacd,
    chromium: TestChromium,
    server: Server,
    folder: string,
    stops: (() => Promise<unknown>)[],
  ) {
    this.#desktop = desktop;
    this.#chromium = chromium;
    this.#folder = folder;
    this.#stops = stops;
    this.guacd = guacd.port;
    this.port = String(desktop.port);
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @throws Error when a part does not come up */
  static async start(folder: string): Promise<Desk> {
    const parts = await ensureParts("desktop", (line) => process.stderr.write(`${line}\n`));
    const stops: (() => Promise<unknown>)[] = [];
    try {
      const desktop = await Desktop.start(parts, { width, height });
      stops.push(() => desktop.stop());
      const guacd = await Guacd.start(parts);
      stops.push(() => guacd.stop());
      const chromium = await startChromium();
      stops.push(() => chromium.stop());
      const script = readFileSync(library);
      const server = createServer(({ url }, response) => {
        const isLibrary = url === "/guacamole.js";
        response.setHeader("content-type", isLibrary ? "text/javascript" : "text/html");
        response.end(isLibrary ? script : html);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      stops.push(async () => server.close());
      return new Desk(desktop, guacd, chromium, server, folder, stops);
    } catch (error) {
      for (const stop of stops.toReversed()) await stop();
      throw error;
    }
  }

  /** Shows what answers keys, or what moves by itself. */
  async show(what: "answering" | "playing"): Promise<void> {
    await this.#program?.stop();
    const file = join(this.#folder, `${what}.tcl`);
    writeFileSync(file, what === "answering" ? answering : playing);
    this.#program = this.#desktop.open("usr/bin/wish8.6", [file]);
    await this.#program.line(/ready/);
  }

  /** A browser on the desktop through the tunnel at `url`; its first picture is there. */
  async browse(url: string): Promise<Page> {
    const page = await this.#chromium.page({ width, height });
    await page.goto(`${this.origin}/#${encodeURIComponent(url)}`);
    await page.waitForFunction("window.shows?.()");
    return page;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop();
  }
}
