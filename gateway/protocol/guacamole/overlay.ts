/**
 * The hold screen: a layer far above guacd's own, drawn in any Guacamole client by instructions alone, and removed
 * by `dispose`. guacd's output goes on beneath and does not disturb it.
 */
import { instruction } from "./instructions.ts";

/** Far above guacd's layers. */
export const overlayLayer = 2_000_000_000;
/** Far above guacd's streams, which are below 1024. `ack` for this one and all above is ours, and never goes to guacd. */
export const overlayStream = 1_000_000;
/** The first stream of the pictures that are brought back after a hold. */
export const firstReturnStream = overlayStream + 1000;
/** The most base64 letters in one `blob`: what guacd itself sends. */
const blobLength = 8064;

/** What a viewer has of a desktop. */
export interface Drawn {
  /** Of layer 0, in pixels; 0 where it is not known. */
  readonly width: number;
  readonly height: number;
  /** The lowest and the highest layer that was drawn on. */
  readonly lowestLayer: number;
  readonly highestLayer: number;
}

/** Throws away all that a client has of the desktop but layer 0, and fills that with the hold screen's ground. */
export function wipe({ width, height, lowestLayer, highestLayer }: Drawn): string {
  let out = disposeLayers(lowestLayer, highestLayer);
  if (width > 0 && height > 0)
    out += instruction("size", 0, width, height) + instruction("rect", 0, 0, 0, width, height) + fill(0);
  return out;
}

/** Throws away every layer and buffer but layer 0. */
export function disposeLayers(lowest: number, highest: number): string {
  let out = "";
  for (let layer = lowest; layer <= highest; layer++) if (layer !== 0) out += instruction("dispose", layer);
  return out;
}

/** Mask 12 replaces what was there, transparency included: it is for whole layers only. */
const fill = (layer: number): string => instruction("cfill", 12, layer, 20, 24, 40, 255);

/** Covers the whole desktop. The caller ends the frame with a `sync` of its own. @param width and height in pixels */
export function coverOverlay(width: number, height: number): string {
  const layer = overlayLayer;
  return (
    instruction("size", layer, width, height) +
    instruction("move", layer, 0, 0, 0, 1_000_000) +
    instruction("rect", layer, 0, 0, width, height) +
    fill(layer) +
    instruction("shade", layer, 255)
  );
}

export interface OverlayImage {
  readonly image: Uint8Array;
  readonly type: "image/png" | "image/jpeg";
  /** Where its upper left corner is, in pixels. */
  readonly x: number;
  readonly y: number;
}

/** Removes the hold screen. It is seen with the next `sync`. */
export const disposeOverlay: string = instruction("dispose", overlayLayer);

/** Draws a picture on the hold screen that is there. The caller ends the frame. */
export function overlayImage({ image, type, x, y }: OverlayImage): string {
  const base64 = Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString("base64");
  let out = instruction("img", overlayStream, 14, overlayLayer, type, x, y);
  for (let i = 0; i < base64.length; i += blobLength)
    out += instruction("blob", overlayStream, base64.slice(i, i + blobLength));
  return out + instruction("end", overlayStream);
}
