/** `samehand config`: checks and shows the configuration, and makes the keys that it names. */
import { chmodSync, existsSync, openSync, closeSync, readFileSync, writeSync, fsyncSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { configFile, loadConfig } from "../../config/load.ts";
import { type Config, type SecretSource, jsonSchema } from "../../config/schema.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { newKeyLine, parseKeyRing } from "../core/key-ring.ts";
import { partsOf } from "./configuration-parts.ts";
import { writeDevelopmentPki } from "./pki.ts";

const help = `usage: samehand config [--config FILE]
       samehand config --print [--json] [--config FILE]
       samehand config --schema
       samehand config --new-key [FILE]
       samehand config --dev-ca FOLDER

Without an option: checks the configuration and every file that it names (policy,
keys, certificates, secrets of receivers, of the identity provider and of desktops),
and says what is wrong, with file, line and key. What is valid here starts; whether
the store, guacd and the rest answer is what samehand doctor looks at.
--print    the configuration as it takes effect, secrets left out
--schema   its JSON Schema, for editors
--new-key  a new key; with FILE it is added there (made with rights 0600) as the
           newest: this starts a key file and later rotates it
--dev-ca   a development CA and a certificate for localhost; never for others
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      print: { type: "boolean", default: false },
      schema: { type: "boolean", default: false },
      "new-key": { type: "boolean", default: false },
      "dev-ca": { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const out = (text: string): number => {
    io.stdout.write(text);
    return 0;
  };
  if (values.help) return out(help);
  if (values["new-key"] && positionals.length <= 1) return out(newKey(positionals[0]));
  if (positionals.length > 0) throw new SamehandError("usage", `unexpected ${positionals.join(" ")}`);
  if (values.schema) return out(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
  if (values["dev-ca"] !== undefined) return out(`${(await writeDevelopmentPki(values["dev-ca"])).join("\n")}\n`);

  const loaded = loadConfig(configFile(values.config, io.env), io.env);
  for (const warning of loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
  if (values.print) {
    const shown = withoutSecrets(loaded.config);
    return out(values.json ? `${JSON.stringify(shown)}\n` : stringify(shown));
  }
  for (const [, read] of partsOf(loaded.config)) read();
  return out(values.json ? `${JSON.stringify({ valid: true, file: loaded.file })}\n` : "the configuration is valid\n");
}

/** @returns what to print @throws SamehandError `key-invalid` where the file holds something else */
function newKey(file: string | undefined): string {
  const line = newKeyLine(new Date());
  if (file === undefined) return `${line}\n`;
  let before = "";
  let descriptor: number;
  try {
    if (existsSync(file)) before = readFileSync(file, "utf8");
    if (before !== "") parseKeyRing(before, file);
    descriptor = openSync(file, "a", 0o600);
  } catch (error) {
    if (error instanceof SamehandError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const folder = dirname(file);
    const why = code === "ENOENT" ? `its folder is not there; make it first: mkdir -p ${folder}` : String(code);
    throw new SamehandError("key-invalid", `${file} cannot be written: ${why}`, error);
  }
  try {
    chmodSync(file, 0o600);
    writeSync(descriptor, `${before === "" || before.endsWith("\n") ? "" : "\n"}${line}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return `${line.split(":")[0]} is the newest key of ${file}\n`;
}

const hidden = "(secret)";

/** The names of secret files stay; values do not. A connection's settings may each be a secret. */
function withoutSecrets(config: Config): object {
  const connections = Object.entries(config.connections).map(([name, { protocol, settings }]) => {
    const shown = Object.entries(settings).map(([key, value]) => [key, shownSetting(key, value)]);
    return [name, { protocol, settings: Object.fromEntries(shown) }];
  });
  return withoutValues({ ...config, connections: Object.fromEntries(connections) }) as object;
}

/** Hides every secret that was given as a value, wherever the configuration has one: only secrets have that form. */
function withoutValues(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutValues);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part);
  if (entries.length === 1 && typeof (part as SecretSource).value === "string") return { value: hidden };
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutValues(value)]));
}

/** Settings that are never secret; every other one is hidden. */
const open = new Set(["hostname", "port", "width", "height", "dpi", "color-depth", "read-only", "security"]);

const shownSetting = (key: string, value: unknown): unknown => {
  if (typeof value === "object" && value !== null && "file" in value) return value;
  return open.has(key) ? value : hidden;
};
