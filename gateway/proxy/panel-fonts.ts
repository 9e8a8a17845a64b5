/** The hold screen's font, and text in it. */
import { createRequire } from "node:module";
import { GlobalFonts, type SKRSContext2D } from "@napi-rs/canvas";

const family = "Samehand Notice";
const subsets = ["latin", "latin-ext", "greek", "cyrillic", "vietnamese"];
const weights = [400, 700] as const;
export type Weight = (typeof weights)[number];
const families = (weight: Weight): string => subsets.map((subset) => `"${family} ${subset} ${weight}"`).join(", ");
const byWeight: Readonly<Record<Weight, string>> = { 400: families(400), 700: families(700) };
let fontsAreThere = false;

/** One family for each file: the canvas then falls from one subset to the next. */
export function loadFonts(): void {
  if (fontsAreThere) return;
  const { resolve } = createRequire(import.meta.url);
  for (const subset of subsets)
    for (const weight of weights) {
      const file = resolve(`@fontsource/noto-sans/files/noto-sans-${subset}-${weight}-normal.woff2`);
      GlobalFonts.registerFromPath(file, `${family} ${subset} ${weight}`);
    }
  fontsAreThere = true;
}

/** @param size in pixels */
export const font = (size: number, weight: Weight): string => `${size}px ${byWeight[weight]}`;

/** Lines of at most so many pixels, at most 12. */
export function wrap(context: SKRSContext2D, text: string, most: number): string[] {
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
