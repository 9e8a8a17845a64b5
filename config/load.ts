/** Reads the configuration: the YAML file, then the environment over it, checked as one against the schema. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SamehandError } from "../gateway/core/errors.ts";
import { type KeyRing, parseKeyRing } from "../gateway/core/key-ring.ts";
import { type Environment, applyEnvironment } from "./environment.ts";
import { explain } from "./explain.ts";
import { type Config, type ConnectionConfig, type SecretSource, configSchema } from "./schema.ts";
import { readText } from "./text.ts";
import { parseYaml } from "./yaml.ts";

export interface Loaded {
  readonly config: Config;
  /** The file that was read, or null where all of it came from the environment. */
  readonly file: string | null;
  /** Whether the file says nothing, or there is none. */
  readonly empty: boolean;
  /** What was passed over, in words. */
  readonly warnings: readonly string[];
}

/** Where a configuration is looked for when nothing names one: in the working folder. */
const usualFile = "samehand.yaml";

/**
 * The configuration's file as every command takes it: the option, else `SAMEHAND_CONFIG`, else `samehand.yaml` in the
 * working folder where there is one, else none.
 */
export const configFile = (option: string | undefined, environment: Environment): string | null =>
  option ?? (environment["SAMEHAND_CONFIG"] || (existsSync(usualFile) ? usualFile : null));

/** What to do where nothing named a configuration. */
export const noFile = `no configuration was named: give --config FILE, set SAMEHAND_CONFIG, or work where ${usualFile} is`;

/**
 * Loads the configuration.
 * @param file the YAML file; null to use the environment and the defaults only
 * @throws SamehandError `config-invalid`; the detail has one line a fault: file, line, column, key, and what is wrong
 */
export function loadConfig(file: string | null, environment: Environment): Loaded {
  const text = file === null ? "" : readText(file, "config-invalid");
  return parseConfig(text, file, environment);
}

/** As `loadConfig`, of a text; relative paths in it are taken from the file's folder, or the working folder. */
export function parseConfig(text: string, file: string | null, environment: Environment): Loaded {
  const source = parseYaml(text, file ?? "environment", "config-invalid");
  const applied = applyEnvironment(source.value ?? {}, environment);
  const result = configSchema.safeParse(applied.value);
  const unnamed = file === null ? [noFile] : [];
  if (!result.success)
    throw new SamehandError(
      "config-invalid",
      [...explain(result.error, configSchema, source, applied.names), ...unnamed].join("\n"),
    );
  const folder = file === null ? process.cwd() : dirname(resolve(file));
  const empty = source.value === null || source.value === undefined;
  return { config: absolute(result.data, folder), file, empty, warnings: applied.warnings };
}

/** The files that a configuration names and that are read anew at a reload: policy, certificates, keys and secrets. */
export function namedFiles(config: Config): string[] {
  const { tls } = config.listen;
  return [
    config.policy,
    ...(tls === undefined || tls.development ? [] : [tls.cert, tls.key]),
    ...config.guacd.map((guacd) => ("tls" in guacd ? guacd.tls?.ca : undefined)),
    ...config.delivery.flatMap(trustFilesOf),
    ...(config.traces === undefined ? [] : trusted(config.traces)),
    ...secretsOf(config).map((secret) => secret?.file),
  ].filter((file) => file !== undefined);
}

/** The files with secrets that a configuration names: keys, passwords, private keys of certificates. */
export function secretFiles(config: Config): string[] {
  const { tls } = config.listen;
  const clients = [...config.delivery, config.traces].map((each) => clientOf(each)?.key);
  return [
    ...[...secretsOf(config), config.admin.oidc?.clientSecret].map((secret) => secret?.file),
    ...(tls === undefined || tls.development ? [] : [tls.key]),
    ...clients,
    config.audit.key,
  ].filter((file) => file !== undefined);
}

function secretsOf(config: Config): (SecretSource | undefined)[] {
  const settings = Object.values(config.connections).flatMap((connection) => Object.values(connection.settings));
  return [
    config.keys,
    config.tokens.keys,
    config.tokens.guacamoleLite?.key,
    ...settings.filter((value) => typeof value === "object"),
    ...config.delivery.flatMap(secretsOfReceiver),
    ...Object.values(config.traces?.headers ?? {}),
  ];
}

type Receiver = Config["delivery"][number];

function secretsOfReceiver(receiver: Receiver): (SecretSource | undefined)[] {
  if (receiver.kind === "webhook") return [receiver.secret];
  return receiver.kind === "caep" ? [receiver.key, receiver.token] : [];
}

function trustOf(receiver: Receiver): TrustPaths {
  if (receiver.kind === "file") return {};
  if (receiver.kind !== "syslog") return receiver;
  return receiver.tls === false ? {} : receiver.tls;
}

const trustFilesOf = (receiver: Receiver): (string | undefined)[] => trusted(trustOf(receiver));

const clientOf = (of: Receiver | TrustPaths | undefined): TrustPaths["client"] =>
  of === undefined ? undefined : ("kind" in of ? trustOf(of) : of).client;

interface TrustPaths {
  ca?: string | undefined;
  client?: { cert: string; key: string } | undefined;
}

const trusted = ({ ca, client }: TrustPaths): (string | undefined)[] => [ca, client?.cert, client?.key];

function trustAt<From extends TrustPaths>(from: From, at: (path: string) => string): From {
  return {
    ...from,
    ...(from.ca === undefined ? {} : { ca: at(from.ca) }),
    ...(from.client === undefined ? {} : { client: { cert: at(from.client.cert), key: at(from.client.key) } }),
  };
}

/** The same receiver with its paths as `at` and `secret` make them. */
function receiverAt(
  receiver: Receiver,
  at: (path: string) => string,
  secret: (from: SecretSource) => SecretSource,
): Receiver {
  const trust = <From extends TrustPaths>(from: From): From => trustAt(from, at);
  if (receiver.kind === "file") return { ...receiver, path: at(receiver.path) };
  if (receiver.kind === "syslog") return receiver.tls === false ? receiver : { ...receiver, tls: trust(receiver.tls) };
  if (receiver.kind === "webhook") return { ...trust(receiver), secret: secret(receiver.secret) };
  const { key, token } = receiver;
  return { ...trust(receiver), key: secret(key), ...(token === undefined ? {} : { token: secret(token) }) };
}

/** Paths in the file are relative to the file. */
function absolute(config: Config, folder: string): Config {
  const at = (path: string) => resolve(folder, path);
  const secret = (from: SecretSource): SecretSource => (from.file === undefined ? from : { file: at(from.file) });
  const { tls } = config.listen;
  const lite = config.tokens.guacamoleLite;
  const { oidc } = config.admin;
  const { webapp } = config;
  return {
    ...config,
    listen: {
      ...config.listen,
      tls: tls === undefined || tls.development ? tls : { ...tls, cert: at(tls.cert), key: at(tls.key) },
    },
    guacd: config.guacd.map((guacd) =>
      "tls" in guacd && guacd.tls?.ca !== undefined ? { ...guacd, tls: { ...guacd.tls, ca: at(guacd.tls.ca) } } : guacd,
    ),
    webapp: webapp?.ca === undefined ? webapp : { ...webapp, ca: at(webapp.ca) },
    connections: Object.fromEntries(
      Object.entries(config.connections).map(([name, connection]) => [
        name,
        {
          ...connection,
          settings: Object.fromEntries(
            Object.entries(connection.settings).map(([key, value]) => [
              key,
              typeof value === "object" ? secret(value) : value,
            ]),
          ),
        },
      ]),
    ),
    tokens: {
      ...config.tokens,
      keys: secret(config.tokens.keys),
      guacamoleLite: lite === undefined ? undefined : { ...lite, key: secret(lite.key) },
    },
    admin: {
      ...config.admin,
      oidc: oidc === undefined ? undefined : { ...oidc, clientSecret: secret(oidc.clientSecret) },
    },
    traces:
      config.traces === undefined
        ? undefined
        : {
            ...trustAt(config.traces, at),
            headers: Object.fromEntries(
              Object.entries(config.traces.headers).map(([name, value]) => [name, secret(value)]),
            ),
          },
    delivery: config.delivery.map((receiver) => receiverAt(receiver, at, secret)),
    keys: secret(config.keys),
    store: at(config.store),
    audit: { ...config.audit, key: config.audit.key === undefined ? undefined : at(config.audit.key) },
    policy: config.policy === undefined ? undefined : at(config.policy),
    background: config.background === undefined ? undefined : at(config.background),
  };
}

/**
 * The text of a secret, without the line end.
 * @param key the configuration's key that names it, for the message
 * @param code of what is thrown: a ring of keys is made otherwise than a password
 * @throws SamehandError `config-invalid`, or the given code
 */
export function readSecret(
  from: SecretSource,
  key: string,
  code: "config-invalid" | "key-invalid" = "config-invalid",
): string {
  if (from.file === undefined) return from.value ?? "";
  return readText(from.file, code, key).replace(/\r?\n$/, "");
}

/** @param key as in `readSecret` @throws SamehandError `key-invalid` */
export function readKeyRing(from: SecretSource, key: string): KeyRing {
  return parseKeyRing(readSecret(from, key, "key-invalid"), from.file ?? "the environment");
}

/** guacd's parameters for a connection, secrets read in. Never log them. @throws SamehandError `config-invalid` */
export function readSettings(connection: ConnectionConfig): Record<string, string> {
  return Object.fromEntries(
    Object.entries(connection.settings).map(([name, value]) => [
      name,
      typeof value === "object" ? readSecret(value, `a connection's settings.${name}`) : String(value),
    ]),
  );
}
