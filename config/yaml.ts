/** YAML with a limit on everything, and with the place of every key kept for messages. */
import {
  type Document,
  type ErrorCode as ErrorCodeOfYaml,
  LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
  isMap,
  isNode,
  isScalar,
  parseDocument,
} from "yaml";
import { type ErrorCode, SamehandError } from "../gateway/core/errors.ts";

export type Path = readonly PropertyKey[];

export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** `file:line:column` of the value at a path, or of the nearest thing around it that exists. */
  place(path: Path): string;
  /** `file:line:column` of the key itself. */
  placeOfKey(path: Path, key: string): string;
}

/** Aliases may multiply a document at most this often. */
const mostAliases = 20;

/**
 * Parses one YAML 1.2 document.
 * @throws SamehandError with `code`; the detail names file, line and column
 */
export function parseYaml(text: string, file: string, code: ErrorCode): YamlSource {
  const lines = new LineCounter();
  const at = (offset: number | undefined): string => {
    if (offset === undefined) return file;
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, stringKeys: true });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) {
      const opened = unclosed(text.slice(0, fault.pos[0]));
      const bracket = opened === null ? "" : `; the bracket of ${at(opened)} is not closed`;
      throw new SamehandError(code, `${at(fault.pos[0])}: ${words[fault.code] ?? "not valid YAML"}${bracket}`);
    }
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    if (error instanceof SamehandError) throw error;
    // A stack that is exhausted by nesting, and aliases that multiply, arrive here.
    throw new SamehandError(code, `${file}: nested too deeply, too many aliases, or one without its anchor`, error);
  }
  return {
    file,
    value,
    place(path) {
      for (let length = path.length; length > 0; length--) {
        const found = document.getIn(path.slice(0, length), true);
        if (isNode(found)) return at(found.range?.[0]);
      }
      return at(document.contents?.range[0]);
    },
    placeOfKey(path, key) {
      const map = path.length === 0 ? document.contents : document.getIn(path, true);
      if (!isMap(map)) return this.place(path);
      const pair = (map as YAMLMap<Node, Node>).items.find(
        (item: Pair<Node, Node | null>) => isScalar(item.key) && item.key.value === key,
      );
      return pair === undefined ? this.place(path) : at(pair.key.range?.[0]);
    },
  };
}

/** Where the innermost bracket opens that is not closed in a text, texts in quotes and comments passed over; or null. */
function unclosed(text: string): number | null {
  const open: number[] = [];
  for (const { 0: found, index } of text.matchAll(/"(?:\\.|[^"\\])*"|'[^']*'|(?<=^|\s)#.*$|[[\]{}]/gm)) {
    if (found === "[" || found === "{") open.push(index);
    else if (found === "]" || found === "}") open.pop();
  }
  return open.at(-1) ?? null;
}

/** The parser's own messages may quote what stands there, which may be a secret. */
const words: Partial<Record<ErrorCodeOfYaml, string>> = {
  BAD_INDENT: "the indentation does not fit",
  BLOCK_AS_IMPLICIT_KEY: "a group of keys begins where none can; indent it, or put the text in quotes",
  DUPLICATE_KEY: "the key stands here twice",
  MISSING_CHAR: "a closing bracket, quote or comma is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line; a colon may be missing",
  MULTIPLE_DOCS: "a second document begins here",
  TAB_AS_INDENT: "a tab cannot indent; use spaces",
  TAG_RESOLVE_FAILED: "a text that begins with `!` must stand in quotes",
  UNEXPECTED_TOKEN: "something stands here that does not belong to the line",
};
