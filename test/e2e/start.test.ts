/** `npm start` as a stranger has it: it comes up, shows a desktop in the browser, and leaves nothing behind. */
import t from "tap";
import { mkdirSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { ensureParts } from "../../demo/parts.ts";
import { Program } from "../../demo/program.ts";
import { startChromium } from "../parts/chromium.ts";
import { quietly } from "../parts/report.ts";

/** Processes that were started from the parts by this demonstration: its children and theirs. */
function descendants(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return 0;
  }
}

/** Neither gone nor a zombie that nobody has waited for yet. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

t.test("the desktop opens, a reload fetches a fresh link, and an interrupt stops all of it", async (t) => {
  // the parts that are there already, and a folder of its own for the rest
  const cache = join(t.testdir(), "cache");
  mkdirSync(cache);
  const parts = join((await ensureParts("desktop", quietly)).root, "..");
  symlinkSync(parts, join(cache, basename(parts)));
  const start = new Program({
    name: "npm start",
    command: [process.execPath, join(import.meta.dirname, "../../demo/start.ts")],
    env: { ...process.env, SAMEHAND_CACHE: cache },
  });
  t.teardown(() => start.stop());
  const [, frontDesk = ""] = await start.line(/Start here +(http\S+)/, 60_000);
  const [, metrics = ""] = await start.line(/Metrics +(http\S+)/);
  t.match(await (await fetch(metrics)).text(), /samehand_/);

  const chromium = await startChromium();
  t.teardown(() => chromium.stop());
  const page = await chromium.page();
  await page.goto(frontDesk);
  await page.getByRole("link", { name: "Open Alex's desktop" }).waitFor();
  await page.goto(`${frontDesk}/open/alex`);
  await page.waitForSelector("[data-state=connected]");
  const link = page.url();
  await page.reload();
  await page.waitForURL((url) => url.hash !== new URL(link).hash);
  await page.waitForSelector("[data-state=connected]");
  t.equal((await fetch(`${frontDesk}/open/nobody`)).status, 404);
  t.equal((await fetch(`${frontDesk}/open/alex`, { method: "POST" })).status, 403);
  t.same(chromium.errors, []);

  const started = descendants(start.pid);
  t.ok(started.length >= 5, "desktop, window manager, terminal, form and guacd");
  process.kill(start.pid, "SIGINT");
  t.equal(await start.exited, 0);
  t.same(started.filter(lives), [], "nothing is left");
});

t.test("a demonstration that is killed takes everything with it", async (t) => {
  const parts = await ensureParts("desktop", quietly);
  const script = `
    import { Parts } from ${JSON.stringify(join(import.meta.dirname, "../../demo/parts.ts"))};
    import { Desktop } from ${JSON.stringify(join(import.meta.dirname, "../../demo/desktop.ts"))};
    await Desktop.start(new Parts(${JSON.stringify(parts.root)}));
    console.log("up");
    setInterval(() => {}, 1000);`;
  const parent = new Program({
    name: "parent",
    command: [process.execPath, "--input-type=module-typescript", "-e", script],
  });
  t.teardown(() => parent.stop());
  await parent.line(/^up$/);
  const started = descendants(parent.pid);
  t.ok(started.length >= 1);
  process.kill(parent.pid, "SIGKILL");
  await parent.exited;
  for (let tries = 0; started.some(lives) && tries < 100; tries++) await new Promise((again) => setTimeout(again, 20));
  t.same(started.filter(lives), []);
});
