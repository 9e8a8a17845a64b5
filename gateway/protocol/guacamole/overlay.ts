/**
 * The hold screen: a layer far above guacd's own, drawn in any Guacamole client by instructions alone, and removed
 * by `dispose`. guacd's output goes on beneath and does not disturb it.
 */
import { instruction } from "./instructions.ts";

/** Far above guacd's layers. */
export const overlayLayer = 2_000_000_000;
/** Far above guacd's streams, which are below 1024. `ack` for this one is ours, and never goes to guacd. */
export const overlayStream = 1_000_000;
/** The most base64 letters in one `blob`: what guacd itself sends. */
export const blobLength = 8064;

export interface Overlay {
  /** The desktop's size, in pixels. */
  readonly width: number;
  readonly height: number;
  /** A PNG, and where its upper left corner is. */
  readonly png: Uint8Array;
  readonly x: number;
  readonly y: number;
}

/** Draws the hold screen. The caller ends the frame with a `sync` of its own. */
export function drawOverlay(overlay: Overlay): string {
  const layer = overlayLayer;
  return (
    instruction("size", layer, overlay.width, overlay.height) +
    instruction("move", layer, 0, 0, 0, 1_000_000) +
    instruction("rect", layer, 0, 0, overlay.width, overlay.height) +
    instruction("cfill", 12, layer, 20, 24, 40, 255) +
    instruction("shade", layer, 255) +
    image(overlay)
  );
}

/** Removes the hold screen. It is seen with the next `sync`. */
export const disposeOverlay: string = instruction("dispose", overlayLayer);

function image({ png, x, y }: Overlay): string {
  const base64 = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  let out = instruction("img", overlayStream, 14, overlayLayer, "image/png", x, y);
  for (let i = 0; i < base64.length; i += blobLength)
    out += instruction("blob", overlayStream, base64.slice(i, i + blobLength));
  return out + instruction("end", overlayStream);
}
