/** Comma-separated values with a header line, as the sets and the scores have them: no quotes, no commas in fields. */
import { SamehandError } from "../core/errors.ts";

/**
 * Reads rows by the header's names.
 * @param wanted columns that must be there
 * @throws SamehandError `set-malformed` with file and line
 */
export function parseCsv<Name extends string>(
  text: string,
  wanted: readonly Name[],
  file: string,
): (Record<Name, string> & { readonly line: number })[] {
  const lines = text.split(/\r?\n/);
  const header = (lines[0] ?? "")
    .replace(/^\uFEFF/, "")
    .split(",")
    .map((name) => name.trim());
  const places = wanted.map((name) => header.indexOf(name));
  const missing = wanted.filter((_, index) => (places[index] ?? -1) < 0);
  if (missing.length > 0)
    throw new SamehandError(
      "set-malformed",
      `${file}:1 lacks column ${missing.join(", ")}: it must begin with a line such as ${wanted.join(",")}, without quotes`,
    );
  const rows: (Record<Name, string> & { readonly line: number })[] = [];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.trim() === "") continue;
    const fields = line.split(",");
    if (fields.length !== header.length)
      throw new SamehandError(
        "set-malformed",
        `${file}:${index + 1} has ${fields.length} fields, not ${header.length}`,
      );
    const values = wanted.map((name, place) => [name, (fields[places[place] ?? -1] ?? "").trim()]);
    rows.push({ line: index + 1, ...(Object.fromEntries(values) as Record<Name, string>) });
  }
  return rows;
}
