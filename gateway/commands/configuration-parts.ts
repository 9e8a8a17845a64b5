/**
 * Everything that a start reads because the configuration names it, each by itself: what `samehand config` and
 * `samehand doctor` look at, so that what they call valid starts.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { readKeyRing, readSettings } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { Background } from "../../models/background.ts";
import { systemClock } from "../core/clock.ts";
import { SamehandError } from "../core/errors.ts";
import { carrierOf } from "../delivery/delivery.ts";
import { collectorOf } from "../delivery/traces.ts";
import { providerOf, version } from "../operators.ts";
import { defaultPolicyFile, loadPolicy } from "../policy/policy-file.ts";
import { acceptedTokens, proxyOptions, tlsFiles } from "../settings.ts";
import { auditKeyOf, knownAuditSigner } from "../store/audit-key.ts";
import { counted } from "./counted.ts";

/** What it is, and what reads it and says what was found. */
export type Part = readonly [what: string, read: () => string];

/** @returns what each read throws is what to mend, as SamehandError */
export function partsOf(config: Config): Part[] {
  const { policy, background, webapp, admin, traces, connections, delivery } = config;
  return [
    ["profile keys", () => `${readKeyRing(config.keys, "keys").keys.length} in ${sourceOf(config.keys)}`],
    ["tokens", () => tokens(config)],
    ["policy", () => (loadPolicy(policy ?? defaultPolicyFile), policy ?? "the shipped one")],
    ["certificate", () => (tlsFiles(config) === null ? "none from files" : "belongs to its key")],
    ["targets", () => (proxyOptions(config, null, new Map()), webapp === undefined ? "guacd" : "a web application")],
    ["audit key", () => auditKey(config)],
    ["store's folder", () => storeFolder(config)],
    ...(admin.oidc === undefined ? [] : [provider(config)]),
    ...(traces === undefined ? [] : [["traces", () => collectorOf(traces).url] as const]),
    ...delivery.map((receiver): Part => [`receiver ${receiver.name}`, () => readable(receiver)]),
    ...Object.entries(connections).map(([name, connection]): Part => [
      `connection ${name}`,
      () => `${connection.protocol}, ${counted(Object.keys(readSettings(connection)).length, "setting")}`,
    ]),
    // Last, as it takes a tenth of a second.
    ["background", () => describe(Background.load(background))],
  ];
}

const sourceOf = ({ file }: { readonly file?: string | undefined }): string => file ?? "the environment";

function describe({ facts }: Background): string {
  return `${counted(facts.keyboardPeople, "person", "people")} at the keyboard, ${facts.pointerPeople} at the pointer`;
}

/** Reads the keys; no token is opened, so nothing is ever spent. */
function tokens(config: Config): string {
  acceptedTokens(config, { spend: async () => false }, systemClock);
  const { formats, keys, guacamoleLite } = config.tokens;
  const sources = { samehand: sourceOf(keys), "guacamole-lite": sourceOf(guacamoleLite?.key ?? {}) };
  return formats.map((format) => `${format}, keys in ${sources[format]}`).join("; ");
}

function auditKey({ store, audit }: Config): string {
  const file = audit.key ?? auditKeyOf(store);
  const signer = knownAuditSigner(file);
  if (signer !== null) return `${signer.id} in ${file}`;
  if (existsSync(dirname(file))) return `${file} is made at the start`;
  throw new SamehandError("key-invalid", `audit.key: the folder of ${file} is not there`);
}

function storeFolder({ store }: Config): string {
  const folder = dirname(store);
  if (existsSync(folder)) return folder;
  throw new SamehandError("store-unavailable", `${store}: its folder is not there; make it first: mkdir -p ${folder}`);
}

const provider = (config: Config): Part => [
  "identity provider",
  () => {
    providerOf(config);
    return config.admin.oidc?.issuer ?? "";
  },
];

function readable(receiver: Config["delivery"][number]): string {
  carrierOf(receiver, version, systemClock).close();
  return receiver.kind;
}
