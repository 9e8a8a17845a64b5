/** The part of the hold screen's panel that changes with each key: the field, what is said below it, and the time left. */
import type { SKRSContext2D } from "@napi-rs/canvas";
import type { Prompt, PromptWord } from "../core/prompt.ts";
import { font, wrap } from "./panel-fonts.ts";

const ink = "#f8fafc";
const dim = "#94a3b8";
const accent = "#fbbf24";
const good = "#4ade80";
const bad = "#f87171";
const boxColour = "#0b1120";
const line = 30;
const textSize = 20;

const colours: Readonly<Record<PromptWord["state"], string>> = {
  "to-come": ink,
  current: accent,
  right: good,
  wrong: bad,
};

/** The words in rows of at most so many pixels. */
function rows(context: SKRSContext2D, words: readonly PromptWord[], most: number): PromptWord[][] {
  const space = context.measureText(" ").width;
  const made: PromptWord[][] = [[]];
  let wide = 0;
  for (const word of words) {
    const width = context.measureText(word.text).width;
    if (wide > 0 && wide + width > most) {
      made.push([]);
      wide = 0;
    }
    made.at(-1)?.push(word);
    wide += width + space;
  }
  return made;
}

/** How high the part is in units of the layout, at this width. */
export function fieldHeight(context: SKRSContext2D, prompt: Prompt, width: number): number {
  context.font = font(textSize, 700);
  const asked = prompt.field.kind === "phrase" ? rows(context, prompt.field.words, width).length * line + 12 : 0;
  // two lines for the hint, so that nothing moves when there is one more to say
  return asked + (prompt.field.kind === "wait" ? 0 : 62) + 2 * 24 + 42;
}

/** Draws it at the context's origin, on ground that is there already. */
export function drawField(context: SKRSContext2D, prompt: Prompt, width: number): void {
  const { field } = prompt;
  context.textBaseline = "alphabetic";
  let y = 0;
  if (field.kind === "phrase") {
    context.font = font(textSize, 700);
    const space = context.measureText(" ").width;
    for (const row of rows(context, field.words, width)) {
      let x = 0;
      for (const { text, state } of row) {
        context.fillStyle = colours[state];
        context.fillText(text, x, y + 22);
        x += context.measureText(text).width + space;
      }
      y += line;
    }
    y += 12;
  }
  if (field.kind !== "wait") {
    drawBox(context, field.kind === "code" ? dots(field.typed, field.length) : field.typed, y, width);
    y += 62;
  }
  context.font = font(15, 400);
  context.fillStyle = prompt.fault ? bad : dim;
  for (const [index, text] of wrap(context, prompt.hint, width).slice(0, 2).entries())
    context.fillText(text, 0, y + 16 + index * 22, width);
  y += 2 * 24 + 8;
  context.fillStyle = "#334155";
  context.fillRect(0, y, width, 4);
  context.fillStyle = prompt.timeLeft < 0.2 ? bad : accent;
  context.fillRect(0, y, width * prompt.timeLeft, 4);
  context.fillStyle = dim;
  context.font = font(14, 400);
  context.fillText(prompt.progress, 0, y + 26, width);
}

const dots = (typed: number, length: number): string =>
  Array.from({ length }, (_, index) => (index < typed ? "●" : "○")).join(" ");

/** The box with what was typed; of a long text the end. */
function drawBox(context: SKRSContext2D, text: string, y: number, width: number): void {
  context.fillStyle = boxColour;
  context.fillRect(0, y, width, 48);
  context.strokeStyle = accent;
  context.lineWidth = 2;
  context.strokeRect(1, y + 1, width - 2, 46);
  context.save();
  context.beginPath();
  context.rect(14, y, width - 28, 48);
  context.clip();
  context.font = font(textSize, 400);
  context.fillStyle = ink;
  const over = Math.max(0, context.measureText(text).width + 6 - (width - 28));
  context.fillText(text, 14 - over, y + 31);
  context.fillRect(14 - over + context.measureText(text).width + 2, y + 13, 2, 22);
  context.restore();
}
