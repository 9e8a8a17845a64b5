/** What the synthetic guacd draws: byte streams made once, whole instructions, played round and round. */
import { randomBytes } from "node:crypto";
import { instruction } from "../../gateway/protocol/guacamole/instructions.ts";
import { plainText } from "./wire.ts";

/** `heavy`: large images as fast as they are taken. `paced`: 20 frames of 39 KB a second. `tiles`: 300-byte images. `text`: half of it not ASCII. */
const scenes = ["heavy", "paced", "tiles", "text"] as const;
export type Scene = (typeof scenes)[number];

/** Milliseconds between the frames of `paced`. */
export const pacedInterval = 50;

/** Longest base64 that guacd puts in a blob. */
const blobSize = 8064;

const base64 = (characters: number): string => randomBytes((characters / 4) * 3).toString("base64");

function image(stream: number, x: number, y: number, sizes: readonly number[]): string[] {
  const id = String(stream);
  return [
    instruction("img", id, "14", "0", "image/png", String(x), String(y)),
    ...sizes.map((size) => instruction("blob", id, base64(size))),
    instruction("end", id),
  ];
}

let syncs = 1_000_000;
const sync = (): string => instruction("sync", String(syncs++), "1");

/** Text as a remote application's title: CJK, Cyrillic, accents and an emoji. */
const title = "織り手の窓 Ελλάδα окно café 🪟 ".repeat(60);

function frame(scene: Scene, index: number): string[] {
  const x = (index * 64) % 1024;
  if (scene === "tiles")
    return [...Array.from({ length: 40 }, (_, i) => image(i % 60, x, i * 16, [200])).flat(), sync()];
  if (scene === "text")
    return Array.from({ length: 4 }, () => [
      instruction("name", title),
      ...image(index % 60, x, 0, [4000]),
      sync(),
    ]).flat();
  return [...image(index % 60, x, 0, Array<number>(4).fill(blobSize)), ...image(1, x, 8, [6720]), sync()];
}

/** One scene in both forms: as guacd speaks it, and in WebSocket frames of whole instructions. */
export interface Stream {
  readonly raw: Buffer;
  readonly framed: Buffer;
}

/** A stream of about `size` bytes, or for `paced` exactly one frame. */
export function makeStream(scene: Scene, size = 2_000_000): Stream {
  const raw: Buffer[] = [];
  const framed: Buffer[] = [];
  let length = 0;
  const enough = scene === "paced" ? 1 : size;
  for (let index = 0; length < enough; index++) {
    const bytes = Buffer.from(frame(scene, index).join(""));
    raw.push(bytes);
    framed.push(plainText(bytes));
    length += bytes.length;
  }
  return { raw: Buffer.concat(raw), framed: Buffer.concat(framed) };
}
