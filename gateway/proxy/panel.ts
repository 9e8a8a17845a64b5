/**
 * Draws the hold screen's panel, light on dark, scaled to the session: the organisation, a title, what is asked and
 * why, and the part that changes with each key, which can be drawn by itself.
 */
import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import type { Prompt } from "../core/prompt.ts";
import type { Notice } from "./options.ts";
import { drawField, fieldHeight } from "./panel-field.ts";
import { font, loadFonts, wrap } from "./panel-fonts.ts";

/** A picture and its place on the screen, in pixels. */
export interface Panel {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly image: Uint8Array;
  readonly type: "image/png" | "image/jpeg";
}

/** In units of the layout, which the scale turns into pixels. */
const widest = 600;
const padding = 32;
const margin = 8;
const ground = "#1e293b";
const [least, most] = [0.5, 2];
/** The field is drawn with each key: as JPEG it takes a sixteenth of what PNG does. Of 100; letters stay sharp. */
const fieldQuality = 92;

interface Layout {
  readonly scale: number;
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly texts: readonly (readonly string[])[];
  /** Where the changing part begins, and its height; 0 where there is none. */
  readonly fieldTop: number;
  readonly fieldHeight: number;
}

const measure = createCanvas(1, 1).getContext("2d");
const paragraphs = (notice: Notice, prompt: Prompt | null): readonly string[] => prompt?.lines ?? [notice.text];

function layOut(notice: Notice, prompt: Prompt | null, screenWidth: number, screenHeight: number): Layout {
  let scale = Math.min(Math.max(Math.min(screenWidth, screenHeight) / 720, 0.8), most);
  for (;;) {
    const width = Math.max(120, Math.min(widest, screenWidth / scale - 2 * margin));
    const inner = width - 2 * padding;
    measure.font = font(16, 400);
    const texts = paragraphs(notice, prompt).map((text) => wrap(measure, text, inner));
    const lines = texts.reduce((sum, each) => sum + each.length, 0);
    const fieldTop = padding + (notice.organisation === "" ? 0 : 26) + 42 + lines * 24 + texts.length * 10 + 6;
    const field = prompt === null ? 0 : fieldHeight(measure, prompt, inner);
    const height = fieldTop + field + padding - 8;
    if (height * scale > screenHeight && scale > least) {
      scale = Math.max(least, Math.min(scale * 0.9, screenHeight / height));
      continue;
    }
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    const left = Math.max(0, (screenWidth - wide) >> 1);
    const top = Math.max(0, (screenHeight - high) >> 1);
    return { scale, width: wide, height: high, left, top, texts, fieldTop, fieldHeight: field };
  }
}

/** The whole panel, in the middle of a screen of this size. */
export function drawPanel(notice: Notice, prompt: Prompt | null, screenWidth: number, screenHeight: number): Panel {
  loadFonts();
  const layout = layOut(notice, prompt, screenWidth, screenHeight);
  const { scale, width, height, left, top, fieldTop } = layout;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  context.scale(scale, scale);
  const inner = width / scale - 2 * padding;
  context.fillStyle = "#fbbf24";
  context.fillRect(0, 0, width / scale, 5);
  context.textBaseline = "alphabetic";
  let y = padding;
  if (notice.organisation !== "") {
    text(context, notice.organisation, font(15, 700), "#cbd5e1", y + 10, inner);
    y += 26;
  }
  text(context, prompt?.title ?? notice.title, font(23, 700), "#f8fafc", y + 20, inner);
  y += 42;
  for (const [index, lines] of layout.texts.entries()) {
    const asked = prompt !== null && index === layout.texts.length - 1;
    for (const each of lines) {
      text(context, each, font(16, asked ? 700 : 400), asked ? "#f8fafc" : "#cbd5e1", y + 17, inner);
      y += 24;
    }
    y += 10;
  }
  if (prompt !== null) {
    context.translate(padding, fieldTop);
    drawField(context, prompt, inner);
  }
  return { x: left, y: top, width, height, image: canvas.toBuffer("image/png"), type: "image/png" };
}

/** Only the part that changes with each key; the rest must be drawn already, with a prompt of the same lines and words. */
export function drawPanelField(notice: Notice, prompt: Prompt, screenWidth: number, screenHeight: number): Panel {
  const layout = layOut(notice, prompt, screenWidth, screenHeight);
  const { scale, left, top } = layout;
  const y = Math.floor(layout.fieldTop * scale);
  const x = Math.floor(padding * scale);
  const canvas = createCanvas(layout.width - 2 * x, Math.min(Math.ceil(layout.fieldHeight * scale), layout.height - y));
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  context.translate(padding - x / scale, layout.fieldTop - y / scale);
  drawField(context, prompt, layout.width / scale - 2 * padding);
  const image = canvas.toBuffer("image/jpeg", fieldQuality);
  return { x: left + x, y: top + y, width: canvas.width, height: canvas.height, image, type: "image/jpeg" };
}

function text(context: SKRSContext2D, words: string, face: string, colour: string, y: number, inner: number): void {
  context.font = face;
  context.fillStyle = colour;
  context.fillText(words, padding, y, inner);
}
