/**
 * The file form of profiles and backgrounds: a magic word, a version, and named sections with lengths and a
 * checksum. Reading checks every bound; what does not fit throws and never reads outside of the bytes.
 */
import { crc32 } from "node:zlib";
import { type ErrorCode, SamehandError } from "../gateway/core/errors.ts";

const mostSections = 64;
const longestName = 32;
/** Larger than any background, so that a damaged length cannot ask for memory. */
const mostBytes = 64 * 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What tells one kind of file from another. */
export interface Form {
  /** Four ASCII characters. */
  readonly magic: string;
  readonly version: number;
  /** What unreadable bytes throw. */
  readonly error: ErrorCode;
}

/** Lays sections out one behind the other; the same sections always give the same bytes. */
export function pack(form: Form, sections: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const names = [...sections.keys()].map((name) => encoder.encode(name));
  let size = 14;
  for (const name of names) size += 1 + name.length + 4;
  for (const bytes of sections.values()) size += bytes.length;
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  out.set(encoder.encode(form.magic), 0);
  view.setUint16(4, form.version);
  view.setUint32(6, sections.size);
  let at = 14;
  let index = 0;
  for (const bytes of sections.values()) {
    const name = names[index++] as Uint8Array;
    out[at] = name.length;
    out.set(name, at + 1);
    view.setUint32(at + 1 + name.length, bytes.length);
    out.set(bytes, at + 5 + name.length);
    at += 5 + name.length + bytes.length;
  }
  view.setUint32(10, crc32(out.subarray(14)));
  return out;
}

/**
 * Takes sections apart again; they share memory with `input`.
 * @throws SamehandError `form.error` with what is wrong
 */
export function unpack(form: Form, input: Uint8Array): Map<string, Uint8Array> {
  // A Buffer's `slice` shares memory where a Uint8Array's copies: sections must be the latter.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const refuse = (why: string): never => {
    throw new SamehandError(form.error, why);
  };
  if (bytes.length < 14 || bytes.length > mostBytes) refuse("wrong size");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < 4; index++)
    if (bytes[index] !== form.magic.charCodeAt(index)) refuse(`not a ${form.magic} file`);
  if (view.getUint16(4) !== form.version) refuse(`version ${view.getUint16(4)}, expected ${form.version}`);
  const count = view.getUint32(6);
  if (count > mostSections) refuse("too many sections");
  if (view.getUint32(10) !== crc32(bytes.subarray(14))) refuse("the checksum differs");
  const sections = new Map<string, Uint8Array>();
  let at = 14;
  for (let index = 0; index < count; index++) {
    const nameLength = bytes[at] ?? refuse("cut short");
    if (nameLength > longestName || at + 5 + nameLength > bytes.length) refuse("cut short");
    const name = decode(bytes.subarray(at + 1, at + 1 + nameLength)) ?? refuse("a name is not text");
    const length = view.getUint32(at + 1 + nameLength);
    at += 5 + nameLength;
    if (length > bytes.length - at) refuse("cut short");
    if (sections.has(name)) refuse("a section twice");
    sections.set(name, bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) refuse("bytes left over");
  return sections;
}

/** JSON as a section. */
export const packJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** @throws SamehandError `form.error` where the section is missing or not JSON; the caller checks the shape */
export function unpackJson(form: Form, sections: ReadonlyMap<string, Uint8Array>, name: string): unknown {
  const text = decode(section(form, sections, name));
  try {
    return JSON.parse(text ?? "") as unknown;
  } catch (error) {
    throw new SamehandError(form.error, `section ${name} is not JSON`, error);
  }
}

/** @throws SamehandError `form.error` where the section is missing */
export function section(form: Form, sections: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = sections.get(name);
  if (bytes === undefined) throw new SamehandError(form.error, `section ${name} is missing`);
  return bytes;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
