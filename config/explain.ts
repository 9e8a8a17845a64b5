/** Faults of a configuration in words that name the place, and never repeat a value: it may be a secret. */
import { z } from "zod";
import type { YamlSource } from "./yaml.ts";

type Issue = z.core.$ZodIssue;

/**
 * One line a fault: the place, the key, what is wrong and, for an unknown key, what may have been meant.
 * @param names the environment variable that set a path, by the path joined with dots
 */
export function explain(
  error: z.ZodError,
  schema: z.ZodType,
  source: YamlSource,
  names: ReadonlyMap<string, string> = new Map(),
): string[] {
  return error.issues.flatMap((issue) => lines(deepest(issue), schema, source, names));
}

function lines(issue: Issue, schema: z.ZodType, source: YamlSource, names: ReadonlyMap<string, string>): string[] {
  const key = issue.path.map(String).join(".");
  const variable = variableFor(issue.path, names);
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((unknown) => {
      const full = key === "" ? unknown : `${key}.${unknown}`;
      const meant = nearest(unknown, keysAt(schema, issue.path));
      const place = variable ?? source.placeOfKey(issue.path, unknown);
      return `${place}: unknown key \`${full}\`${meant === null ? "" : `; did you mean \`${meant}\`?`}`;
    });
  const what = variable === undefined && isMissing(source.value, issue.path) ? "is missing" : wrong(issue);
  return [`${variable ?? source.place(issue.path)}: ${key === "" ? "the file" : `\`${key}\``} ${what}`];
}

function isMissing(root: unknown, path: readonly PropertyKey[]): boolean {
  let here = root;
  for (const key of path) {
    if (typeof here !== "object" || here === null) return false;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return path.length > 0 && here === undefined;
}

/** Of a union's branches, the one that got furthest says it best. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const branches = issue.errors.flatMap((branch) => branch[0] ?? []).map(deepest);
  const best = branches.sort((a, b) => rank(b) - rank(a))[0];
  if (best === undefined || rank(best) === 0) return issue;
  return { ...best, path: [...issue.path, ...best.path] };
}

const rank = (issue: Issue): number => (issue.code === "invalid_type" && issue.path.length === 0 ? 0 : 1);

function variableFor(path: readonly PropertyKey[], names: ReadonlyMap<string, string>): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const name = names.get(path.slice(0, length).map(String).join("."));
    if (name !== undefined) return name;
  }
  return undefined;
}

const kinds: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
  record: "a group of keys",
};

function wrong(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => `\`${String(value)}\``).join(" or ")}`;
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? `must not be shorter than ${issue.minimum}`
        : `must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? `must not be longer than ${issue.maximum}`
        : `must be at most ${issue.maximum}`;
    case "invalid_key":
      return "is not a name that can stand here";
    case "invalid_union":
      return "is not of a form that can stand here";
    case "invalid_format":
      return issue.message.startsWith("Invalid") ? "is not of the right form" : issue.message;
    default:
      return issue.message;
  }
}

/** The keys that a schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: z.core.$ZodType = inner(schema);
  for (const step of path) {
    if (here instanceof z.ZodObject) here = here.shape[String(step)] ?? z.never();
    else if (here instanceof z.ZodRecord) here = here.valueType;
    else if (here instanceof z.ZodArray) here = here.element;
    here = inner(here);
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/** A schema without its defaults and transforms. */
export function inner(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return inner(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return inner(schema.def.in);
  if (schema instanceof z.ZodUnion)
    return inner(schema.options.find((option) => inner(option) instanceof z.ZodObject) ?? z.never());
  return schema;
}

/** The most similar of the known names, or null where none is similar. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
