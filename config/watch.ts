/** Reloads files when they change or when told to (SIGHUP). A bad file changes nothing and says why. */
import { statSync } from "node:fs";
import { asSamehandError, SamehandError } from "../gateway/core/errors.ts";
import type { Environment } from "./environment.ts";
import { type Loaded, loadConfig } from "./load.ts";
import type { Config } from "./schema.ts";

export interface Watching {
  /** Loads now and tells it, whether the file changed or not: a file that it names may have. Never throws. */
  reload(): void;
  close(): void;
}

export interface WatchOptions<Value> {
  /** None: nothing to look at, `reload` only. */
  readonly files: readonly string[];
  readonly load: () => Value;
  /** @param asked whether `reload` was called, rather than the file changed */
  readonly onChange: (value: Value, asked: boolean) => void;
  readonly onRefused: (error: SamehandError) => void;
  /** How often the file is looked at, in ms. */
  readonly pollMillis?: number;
}

/**
 * Watches files by their status, which also sees one replaced, by an editor or behind a symbolic link. A change is taken
 * once two looks saw the same. Keeps no process alive.
 */
export function watchFiles<Value>(options: WatchOptions<Value>): Watching {
  const { files, pollMillis = 1000 } = options;
  const load = (asked: boolean): void => {
    let value: Value;
    try {
      value = options.load();
    } catch (error) {
      options.onRefused(asSamehandError(error, "config-invalid"));
      return;
    }
    options.onChange(value, asked);
  };
  if (files.length === 0) return { reload: () => load(true), close() {} };
  let taken = files.map(mark).join();
  let seen = taken;
  const timer = setInterval(() => {
    const now = files.map(mark).join();
    // Somebody may still be writing: half of a file may be valid, and say something else.
    const still = now === seen;
    seen = now;
    if (!still || now === taken) return;
    taken = now;
    load(false);
  }, pollMillis).unref();
  return { reload: () => load(true), close: () => clearInterval(timer) };
}

/** Differs when the file was written, replaced or taken away. */
function mark(file: string): string {
  const status = statSync(file, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? "" : `${status.mtimeNs} ${status.size} ${status.ino}`;
}

export interface ConfigChange {
  readonly before: Config;
  readonly config: Config;
  /** The keys that changed, such as `limits.sessions`; never values. */
  readonly keys: readonly string[];
  /** Those of `keys` that take effect only after a restart. */
  readonly afterRestart: readonly string[];
  readonly warnings: readonly string[];
}

/** What is bound, opened or started once. Of `listen.tls` and `webapp`: whether there is one. */
const untilRestart =
  /^(listen\.(host|port|reusePort|tls$)|metrics|admin|store|audit|retention|background|log|workers|webapp\.(upstreams|path|ca|timeoutSeconds|caseSensitive)|webapp$)(\.|$)/;

/** Watches the configuration that `loaded` came from; a change of the file that changes no key tells nothing. */
export function watchConfig(
  loaded: Loaded,
  environment: Environment,
  options: Pick<WatchOptions<ConfigChange>, "onRefused" | "pollMillis"> & {
    readonly onChange: (change: ConfigChange) => void;
  },
): Watching {
  let before = loaded.config;
  return watchFiles({
    ...options,
    files: loaded.file === null ? [] : [loaded.file],
    load: () => {
      const next = loadConfig(loaded.file, environment);
      // All defaults are valid, and enforce nothing: a full disk, or a writer that died, leaves such a file.
      if (next.empty && !loaded.empty)
        throw new SamehandError("config-invalid", `${next.file} says nothing; to run on the defaults, restart`);
      return next;
    },
    onChange: ({ config, warnings }, asked) => {
      const keys = changedKeys(before, config);
      if (keys.length === 0 && !asked) return;
      const afterRestart = keys.filter((key) => untilRestart.test(key));
      const change = { before, config, keys, afterRestart, warnings };
      before = config;
      options.onChange(change);
    },
  });
}

/** The paths, joined with dots, at which two configurations differ. Lists are compared whole. */
export function changedKeys(before: unknown, after: unknown, path = ""): string[] {
  if (!isGroup(before) || !isGroup(after)) return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedKeys(before[key], after[key], path === "" ? key : `${path}.${key}`));
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
