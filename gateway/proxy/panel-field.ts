/** The part of the hold screen's panel that changes with each key: the field, what is said below it, and the time left. */
import type { SKRSContext2D } from "@napi-rs/canvas";
import { encode } from "uqr";
import type { Prompt, PromptField, PromptWord } from "../core/prompt.ts";
import { font, wrap } from "./panel-fonts.ts";

const ink = "#f8fafc";
const dim = "#94a3b8";
const accent = "#fbbf24";
const good = "#4ade80";
const bad = "#f87171";
const boxColour = "#0b1120";
const line = 30;
const textSize = 20;
/** Side of a QR code with its quiet zone. */
const qrSide = 196;
/** Modules of light around it, as ISO/IEC 18004 asks for. */
const quietZone = 4;

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
  return asked + boxHeight(prompt.field) + 2 * 24 + 42;
}

/** How much the box or picture takes in which something is asked. */
function boxHeight({ kind }: PromptField): number {
  if (kind === "wait") return 0;
  return kind === "link" ? qrSide + 34 : 62;
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
        // not by its colour alone
        if (state === "wrong") context.fillRect(x, y + 27, context.measureText(text).width, 2);
        x += context.measureText(text).width + space;
      }
      y += line;
    }
    y += 12;
  }
  if (field.kind === "link") drawLink(context, field.address, y, width);
  else if (field.kind === "code") drawBox(context, dots(field.typed, field.length), y, width);
  else if (field.kind === "phrase") drawBox(context, field.typed, y, width);
  y += boxHeight(field);
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

/** An address as a QR code, and to be read below it. */
function drawLink(context: SKRSContext2D, address: string, y: number, width: number): void {
  const { data, size } = encode(address, { border: quietZone });
  const dot = qrSide / size;
  context.fillStyle = "#ffffff";
  context.fillRect(0, y, qrSide, qrSide);
  context.fillStyle = "#000000";
  // a little over each dot's edge: no light seams between dark dots
  for (const [row, dots] of data.entries())
    for (const [column, dark] of dots.entries())
      if (dark) context.fillRect(column * dot, y + row * dot, dot + 0.2, dot + 0.2);
  context.fillStyle = ink;
  context.font = font(14, 400);
  context.fillText(address, 0, y + qrSide + 20, width);
}

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
