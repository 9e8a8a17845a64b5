/** Every key of the configuration also as an environment variable: `listen.port` is `SAMEHAND_LISTEN_PORT`. */
import { parse } from "yaml";
import { z } from "zod";
import { SamehandError } from "../gateway/core/errors.ts";
import { inner, nearest } from "./explain.ts";
import { configSchema } from "./schema.ts";
import { readText } from "./text.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Applied {
  readonly value: unknown;
  /** The variable that set a path, by the path joined with dots. */
  readonly names: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

interface Variable {
  readonly path: readonly string[];
  readonly schema: z.core.$ZodType;
  readonly secret: boolean;
}

const prefix = "SAMEHAND_";
/** Variables that are no keys: where the configuration is, and whom commands ask, who say so themselves; the demonstration's. */
const foreign = new Set(["SAMEHAND_CONFIG", "SAMEHAND_URL", "SAMEHAND_TOKEN", "SAMEHAND_CACHE"]);

const variableName = (path: readonly string[]): string =>
  prefix + path.map((key) => key.replace(/[A-Z]/g, "_$&").toUpperCase()).join("_");

/** Every variable there is: its name and the path that it sets. */
export const variables: ReadonlyMap<string, Variable> = new Map(collect(configSchema, []));

function* collect(schema: z.core.$ZodType, path: readonly string[]): Generator<[string, Variable]> {
  const secret = isSecret(schema);
  const here = inner(schema);
  if (!secret && here instanceof z.ZodObject) {
    for (const [key, value] of Object.entries(here.shape)) yield* collect(value as z.ZodType, [...path, key]);
    return;
  }
  yield [variableName(path), { path, schema: here, secret }];
}

function isSecret(schema: z.core.$ZodType): boolean {
  for (let here = schema; ;) {
    if (here instanceof z.ZodType && here.meta()?.["secret"] === true) return true;
    if (here instanceof z.ZodDefault || here instanceof z.ZodPrefault || here instanceof z.ZodOptional)
      here = here.def.innerType;
    else return false;
  }
}

/**
 * Lays the environment over what the file says. With the suffix `_FILE`, a variable names a file that holds the
 * value. Lists and groups by name (`guacd`, `connections`) are YAML text; a list may also be separated by commas.
 * @throws SamehandError `config-invalid` naming the variable
 */
export function applyEnvironment(fromFile: unknown, environment: Environment): Applied {
  const value: unknown = structuredClone(fromFile);
  const names = new Map<string, string>();
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined || text === "" || foreign.has(name)) continue;
    const direct = variables.get(name);
    const variable = direct ?? variables.get(name.replace(/_FILE$/, ""));
    if (variable === undefined) {
      warnings.push(`${name} is not a key of the configuration${suggestion(name)}`);
      continue;
    }
    // Container orchestrators describe a service called samehand in variables of this form.
    if (/^(tcp|udp):\/\//.test(text)) {
      warnings.push(`${name} describes a service, and is passed over`);
      continue;
    }
    set(
      value,
      variable.path,
      name,
      direct === undefined ? fromFileNamed(variable, name, text) : read(variable, name, text),
    );
    names.set(variable.path.join("."), name);
  }
  return { value, names, warnings };
}

function suggestion(name: string): string {
  const meant = nearest(name, [...variables.keys()]);
  return meant === null ? "" : `; did you mean ${meant}?`;
}

function fromFileNamed(variable: Variable, name: string, file: string): unknown {
  return variable.secret ? { file } : read(variable, name, readText(file, "config-invalid").trimEnd());
}

/** The value in the schema's type; what does not fit stays text, and the schema refuses it. */
function read(variable: Variable, name: string, text: string): unknown {
  if (variable.secret) return { value: text };
  const { schema } = variable;
  if (schema instanceof z.ZodString) return text;
  if (schema instanceof z.ZodArray && !/^\s*[[{-]/.test(text)) return text.split(",").map((item) => item.trim());
  if (schema instanceof z.ZodEnum) return text;
  try {
    return parse(text, { maxAliasCount: 0, stringKeys: true, prettyErrors: false });
  } catch (error) {
    throw new SamehandError("config-invalid", `${name}: not YAML`, error);
  }
}

function set(root: unknown, path: readonly string[], name: string, value: unknown): void {
  let here = root;
  for (const [depth, key] of path.entries()) {
    if (typeof here !== "object" || here === null || Array.isArray(here))
      throw new SamehandError(
        "config-invalid",
        `${name}: \`${path.slice(0, depth).join(".")}\` in the file is no group`,
      );
    const group = here as Record<string, unknown>;
    if (depth === path.length - 1) group[key] = value;
    else here = group[key] ??= {};
  }
}
