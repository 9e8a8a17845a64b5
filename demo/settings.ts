/** The demonstration's own folder: configuration, policy, keys and store, made at the first start and kept. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { newKeyLine } from "../gateway/core/key-ring.ts";

export interface Ports {
  readonly gateway: number;
  readonly metrics: number;
  readonly admin: number;
  readonly guacd: number;
  readonly desktop: number;
}

/** What an agent must have typed and pointed before the gateway acts: little, so that one sitting is enough. */
export const enrolment = {
  provisional: { keystrokes: 250, actions: 6, days: 0 },
  mature: { keystrokes: 600, actions: 12, days: 0 },
};
export const lockMinutes = 2;
export const quarantineSeconds = 120;
export const organisation = "Samehand demonstration";

const defaultPolicy = new URL("../config/policy.default.yaml", import.meta.url);

/** Writes what is missing or has to follow the ports. @returns the configuration's file */
export function writeSettings(folder: string, ports: Ports): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ["profiles.keys", "tokens.keys"]) {
    const file = join(folder, name);
    if (!existsSync(file)) writeFileSync(file, `${newKeyLine(new Date())}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  }
  writeFileSync(join(folder, "policy.yaml"), shortPolicy());
  const file = join(folder, "samehand.yaml");
  const listen = { host: "127.0.0.1", port: ports.gateway };
  const settings = { hostname: "127.0.0.1", port: ports.desktop };
  const configuration = {
    mode: "enforce",
    organisation: { name: organisation },
    listen,
    metrics: { host: "127.0.0.1", port: ports.metrics },
    admin: { host: "127.0.0.1", port: ports.admin },
    guacd: [{ host: "127.0.0.1", port: ports.guacd }],
    connections: { desktop: { protocol: "vnc", settings } },
    keys: { file: "profiles.keys" },
    tokens: { keys: { file: "tokens.keys" } },
    store: "samehand.db",
    policy: "policy.yaml",
    enrolment,
    drainSeconds: 0,
  };
  writeFileSync(file, `# Made by npm start; it is written anew at every start.\n${stringify(configuration)}`);
  return file;
}

/** The shipped policy, with times that a person at a demonstration can wait out. */
function shortPolicy(): string {
  const policy = parseDocument(readFileSync(defaultPolicy, "utf8"));
  policy.set("lockMinutes", lockMinutes);
  policy.set("quarantineSeconds", quarantineSeconds);
  // who looks at the demonstration between other things need not prove anything for that
  policy.delete("presence");
  return String(policy);
}
