/**
 * What somebody typed as if the keyboard had another layout: the same fingers at the same times, other letters. Of such
 * a typist the population's times for pairs of keys say nothing, as of any whose layout is not among those it was learned on.
 */
import type { InputSink } from "../core/input.ts";
import { type Keysym, keysym } from "../core/units.ts";

const rows = ["qwertyuiopasdfghjkl;zxcvbnm,./", "QWERTYUIOPASDFGHJKL:ZXCVBNM<>?"];
const dvorak = ["',.pyfgcrlaoeuidhtns;qjkxbmwvz", '"<>PYFGCRLAOEUIDHTNS:QJKXBMWVZ'];

const renamed = new Map<number, Keysym>(
  rows.flatMap((row, which) =>
    row.split("").map((symbol, n) => [symbol.charCodeAt(0), keysym(dvorak[which].charCodeAt(n))] as const),
  ),
);

/** Passes input on with Dvorak's letters in place of those of a US keyboard. */
export const onDvorak = (sink: InputSink): InputSink => ({
  key: (at, symbol, pressed) => sink.key(at, renamed.get(symbol) ?? symbol, pressed),
  pointer: (at, x, y, mask) => sink.pointer(at, x, y, mask),
});
