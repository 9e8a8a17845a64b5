/** Draws the notice of a held session as a picture, once for each text: drawing takes the loop some 25 ms. */
import { createRequire } from "node:module";
import { createCanvas, GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";
import type { Notice } from "./options.ts";

export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly png: Uint8Array;
}

const width = 560;
const padding = 36;
const family = "Samehand Notice";
const subsets = ["latin", "latin-ext", "greek", "cyrillic", "vietnamese"];
const regular = subsets.map((subset) => `"${family} ${subset} 400"`).join(", ");
const bold = subsets.map((subset) => `"${family} ${subset} 700"`).join(", ");
let fontsAreThere = false;

/** One family for each file: the canvas then falls from one subset to the next. */
function loadFonts(): void {
  if (fontsAreThere) return;
  const { resolve } = createRequire(import.meta.url);
  for (const subset of subsets)
    for (const weight of [400, 700]) {
      const file = resolve(`@fontsource/noto-sans/files/noto-sans-${subset}-${weight}-normal.woff2`);
      GlobalFonts.registerFromPath(file, `${family} ${subset} ${weight}`);
    }
  fontsAreThere = true;
}

let last: { notice: string; panel: Panel } | null = null;

/** As `draw`, and drawn again only where the notice differs from the last one. */
export function drawPanel(notice: Notice): Panel {
  const key = JSON.stringify(notice);
  if (last?.notice !== key) last = { notice: key, panel: draw(notice) };
  return last.panel;
}

/** The notice on a light card: the organisation, a title, and a text that is wrapped. */
function draw(notice: Notice): Panel {
  loadFonts();
  const measure = createCanvas(1, 1).getContext("2d");
  measure.font = `17px ${regular}`;
  const lines = wrap(measure, notice.text, width - 2 * padding);
  const top = notice.organisation === "" ? padding : padding + 30;
  const height = top + 44 + lines.length * 26 + padding;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  context.fillStyle = "#f7f8fa";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#c2410c";
  context.fillRect(0, 0, width, 6);
  context.textBaseline = "top";
  context.fillStyle = "#475569";
  context.font = `15px ${bold}`;
  context.fillText(notice.organisation, padding, padding - 4, width - 2 * padding);
  context.fillStyle = "#0f172a";
  context.font = `24px ${bold}`;
  context.fillText(notice.title, padding, top, width - 2 * padding);
  context.fillStyle = "#1e293b";
  context.font = `17px ${regular}`;
  for (const [index, line] of lines.entries()) context.fillText(line, padding, top + 48 + index * 26);
  return { width, height, png: canvas.toBuffer("image/png") };
}

function wrap(context: SKRSContext2D, text: string, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && context.measureText(longer).width > most) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].slice(0, 12);
}
