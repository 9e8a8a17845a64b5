import { loadImage } from "@napi-rs/canvas";
import t from "tap";
import type { Prompt } from "../core/prompt.ts";
import { instructionsOf } from "../offline/viewer-client.ts";
import { HoldScreen } from "./hold-screen.ts";

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

t.test("a typed character costs a redraw of the field alone, within the panel", async (t) => {
  const screen = new HoldScreen(1024, 768, () => notice);
  t.equal(screen.show(prompt), "", "nothing is drawn before the hold begins");
  const whole = await picture(screen.draw(0, 0));
  const change = screen.show(typed);
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
  t.ok(opcodes(screen.show(other)).includes("size"), "another step draws the whole");
  screen.remove();
  t.equal(screen.show(prompt), "", "nothing is drawn after the hold");
});

t.test("the panel fits on any screen, and grows with it", async (t) => {
  let last = 0;
  for (const [width, height] of [
    [320, 568],
    [640, 320],
    [1024, 768],
    [1920, 1080],
    [3840, 2160],
  ] as const) {
    const screen = new HoldScreen(width, height, () => notice);
    screen.show(prompt);
    const panel = await picture(screen.draw(0, 0));
    t.ok(panel.x + panel.width <= width && panel.y + panel.height <= height, `${width} by ${height}`);
    t.ok(panel.width >= Math.min(width * 0.9, last), "no smaller than on a smaller screen");
    last = panel.width;
  }
});
