import { loadImage } from "@napi-rs/canvas";
import t from "tap";
import type { Prompt } from "../core/prompt.ts";
import { instructionsOf } from "../offline/viewer-client.ts";
import { HoldScreen } from "./hold-screen.ts";
import type { Notice } from "./options.ts";
import { painter } from "./panel-painter.ts";

const notice = { organisation: "Example Support", title: "Session paused", text: "Input is held." };
const prompt: Prompt = {
  title: "Please confirm that it is you",
  lines: ["Nothing you type now reaches the desktop.", "Type these words."],
  field: {
    kind: "phrase",
    words: [
      { text: "water", state: "current" },
      { text: "mother", state: "to-come" },
    ],
    typed: "",
  },
  dialog: null,
  hint: "Backspace corrects",
  fault: false,
  progress: "3 attempts left",
  timeLeft: 1,
  language: "en",
};
const typed: Prompt = {
  ...prompt,
  field: {
    kind: "phrase",
    words: [
      { text: "water", state: "current" },
      { text: "mother", state: "to-come" },
    ],
    typed: "wa",
  },
};
const opcodes = (text: string): (string | undefined)[] => Array.from(instructionsOf(text), ([opcode]) => opcode);

/** The picture that was drawn: where, and how large. */
async function picture(text: string) {
  const elements = [...instructionsOf(text)];
  const img = elements.find(([opcode]) => opcode === "img") ?? [];
  const bytes = Buffer.from(
    elements
      .filter(([opcode]) => opcode === "blob")
      .map(([, , data]) => data)
      .join(""),
    "base64",
  );
  const { width, height } = await loadImage(bytes);
  return { x: Number(img[5]), y: Number(img[6]), width, height, type: img[4] };
}

/** A screen, and what its viewer is sent, one drawing after the other. */
function screenOf(width: number, height: number) {
  const said: string[] = [];
  let heard = (): void => {};
  const say = (text: string): void => {
    said.push(text);
    heard();
  };
  const screen = new HoldScreen(width, height, () => notice, say);
  let next = 0;
  /** What is said next. */
  const drawn = async (): Promise<string> => {
    while (said.length <= next) await new Promise<void>((resolve) => (heard = resolve));
    return said[next++];
  };
  return { screen, said, drawn };
}

t.test("a typed character costs a redraw of the field alone, within the panel", async (t) => {
  const { screen, said, drawn } = screenOf(1024, 768);
  screen.show(prompt);
  t.equal(said.length, 0, "nothing is drawn before the hold begins");
  const cover = screen.cover(0, 0);
  t.same(opcodes(cover), ["size", "move", "rect", "cfill", "shade", "sync"], "the desktop is covered at once");
  const whole = await picture(await drawn());
  screen.show(typed);
  const change = await drawn();
  t.same(
    opcodes(change).filter((opcode) => opcode !== "blob"),
    ["img", "end", "sync"],
  );
  const field = await picture(change);
  t.same([whole.type, field.type], ["image/png", "image/jpeg"], "what is drawn with each key is quickly made");
  t.ok(field.height < whole.height / 1.5, "it is the field alone");
  t.ok(field.x >= whole.x && field.x + field.width <= whole.x + whole.width);
  t.ok(field.y >= whole.y && field.y + field.height <= whole.y + whole.height);
  const other = { ...prompt, lines: ["Wait."], field: { kind: "wait" as const } };
  screen.show(other);
  t.ok(opcodes(await drawn()).includes("size"), "another step draws the whole");
  const { length } = said;
  screen.show(prompt);
  screen.remove();
  screen.show(prompt);
  screen.cover(0, 0);
  await drawn();
  t.equal(said.length, length + 1, "nothing is drawn after the hold, not even what was begun in it");
});

t.test(
  "whoever floods the screen with keys or sizes has the newest drawn, and no more than one at a time",
  async (t) => {
    const { screen, said, drawn } = screenOf(1024, 768);
    screen.show(prompt);
    screen.cover(0, 0);
    await drawn();
    for (let key = 0; key < 1000; key++) screen.show(key % 2 === 0 ? typed : prompt);
    await drawn();
    await drawn();
    for (let turn = 0; turn < 1000; turn++) screen.cover(1000 + turn, 700);
    await drawn();
    const last = [...instructionsOf(said.at(-1) ?? "")];
    t.same(last.find(([opcode]) => opcode === "size")?.slice(2), ["1999", "700"]);
    t.equal(said.length, 4, "four drawings");
  },
);

t.test("a drawing thread that is lost is begun anew, and the screen is drawn again", async (t) => {
  const { screen, said, drawn } = screenOf(800, 600);
  screen.cover(0, 0);
  await drawn();
  const broken = { part: "whole", notice: null as unknown as Notice, prompt: null, width: 1, height: 1 } as const;
  t.equal(await new Promise((resolve) => painter.paint(broken, resolve)), null);
  screen.show(prompt);
  t.ok(opcodes(await drawn()).includes("img"));
  t.equal(said.length, 2);
});

t.test("the panel fits on any screen, and grows with it", async (t) => {
  let last = 0;
  for (const [width, height] of [
    [320, 568],
    [640, 320],
    [1024, 768],
    [1920, 1080],
    [3840, 2160],
    [8192, 8192],
  ] as const) {
    const { screen, drawn } = screenOf(width, height);
    screen.show(prompt);
    screen.cover(0, 0);
    const panel = await picture(await drawn());
    t.ok(panel.x + panel.width <= width && panel.y + panel.height <= height, `${width} by ${height}`);
    t.ok(panel.width >= Math.min(width * 0.9, last), "no smaller than on a smaller screen");
    last = panel.width;
  }
});
