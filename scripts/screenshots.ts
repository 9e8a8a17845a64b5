/** `npm run screenshots`: makes the README's pictures again, from the real desktop through the gateway in Chromium. */
import { join } from "node:path";
import { startDesk } from "../demo/desk.ts";
import { ensureParts } from "../demo/parts.ts";
import { SamehandError } from "../gateway/core/errors.ts";
import { millis } from "../gateway/core/units.ts";
import type { Decision } from "../gateway/core/verdict.ts";
import type { PromptWord } from "../gateway/core/prompt.ts";
import { english } from "../gateway/judge/challenge-languages/en.ts";
import { promptOf } from "../gateway/judge/challenge-prompt.ts";
import { ChallengeCourse } from "../gateway/policy/challenge-course.ts";
import { startChromium } from "../test/parts/chromium.ts";
import { startFarm } from "../test/parts/farm.ts";

const images = join(import.meta.dirname, "../docs/images");
const decision: Decision = {
  at: millis(0),
  verdict: "quarantine",
  wouldBe: "quarantine",
  mode: "enforce",
  trust: 3,
  rule: "wrong-hand",
  reasons: [{ code: "keyboard-mismatch", text: "holds keys 40 % longer than usual" }],
  keystrokes: 180,
  actions: 12,
};

const desk = await startDesk(await ensureParts("desktop", console.error));
const connections = { desktop: { protocol: "vnc", settings: { hostname: "127.0.0.1", port: String(desk.port) } } };
const farm = await startFarm({ config: { connections, organisation: { name: "Example Support" } } });
const chromium = await startChromium();
try {
  const page = await chromium.page();
  await page.goto(`${farm.gateway.url}/#token=${await farm.token("alex")}`);
  await page.waitForSelector("[data-state=connected]");
  const control = [...farm.gateway.proxy.sessions.values()].at(-1);
  if (control === undefined) throw new Error("no session");
  await page.mouse.click(400, 300);
  await page.keyboard.type("Good morning, how can I help you?", { delay: 60 });
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(images, "working.png") });
  const course = new ChallengeCourse({ steps: ["code", "phrase"], attempts: 3, limits: { pass: 2, fail: -3 } });
  const asked = { language: english, away: false, course, message: null, secondsAll: 120, notice: "" };
  control.quarantine(decision);
  control.show(promptOf({ ...asked, field: { kind: "code", typed: 4, length: 6 }, secondsLeft: 105 }));
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(images, "code.png") });
  course.code(true);
  const words: PromptWord[] = ["water", "other", "these", "mother", "there", "hand"].map((text, index) => ({
    text,
    state: index < 2 ? "right" : index === 2 ? "current" : "to-come",
  }));
  control.show(promptOf({ ...asked, field: { kind: "phrase", words, typed: "water other the" }, secondsLeft: 85 }));
  await page.waitForTimeout(1000);
  await page.screenshot({ path: join(images, "held.png") });
  control.release({ ...decision, verdict: "allow", wouldBe: "allow" });
  await page.waitForTimeout(2000);
  await page.screenshot({ path: join(images, "returned.png") });
  control.sever(new SamehandError("session-severed"));
  await page.waitForTimeout(1500);
  await page.screenshot({ path: join(images, "severed.png") });
} finally {
  await chromium.stop();
  await farm.stop();
  await desk.stop();
}
