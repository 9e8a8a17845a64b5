/** The configuration's form turned into what each room asks for, so that neither knows the other. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { createSecureContext } from "node:tls";
import { readAuthority } from "../config/authority.ts";
import { readKeyRing, readSecret, readSettings } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "./core/clock.ts";
import { SamehandError } from "./core/errors.ts";
import type { AgentName } from "./core/units.ts";
import type { Site } from "./judge/agent-passkeys.ts";
import { GuacamoleLiteTokens } from "./proxy/token/guacamole-lite-token.ts";
import { defaultNotice, type GuacdOptions, type Page, type ProxyOptions, type TlsPair } from "./proxy/options.ts";
import { peopleOf, spelling } from "./proxy/webapp/account.ts";
import { SamehandTokens, type TokenKey } from "./proxy/token/samehand-token.ts";
import type { Tokens } from "./proxy/token/ticket.ts";
import { AcceptedTokens } from "./proxy/token/token-formats.ts";
import type { StoreOptions } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";

/** Of the machine's or the container's memory, where `limits.memoryBytes` does not say. */
const memoryShare = 0.8;

/** The container's limit where there is one below the machine's memory. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Where agents' passkeys are good; null where nobody said where they reach the gateway. */
export function siteOf({ listen, organisation }: Config): Site | null {
  return listen.url === undefined ? null : { url: listen.url, organisation: organisation.name };
}

/** What every opening of the store has in common. @throws SamehandError `key-invalid` */
export function storeOptions(config: Config): Pick<StoreOptions, "path" | "keys" | "auditKey" | "spell"> {
  const { key } = config.audit;
  return {
    path: config.store,
    keys: readKeyRing(config.keys, "keys"),
    ...(key === undefined ? {} : { auditKey: key }),
    ...(config.webapp === undefined ? {} : { spell: spellingOf(config) }),
  };
}

/** How agents' names are spelt, from wherever they come. */
const spellingOf = ({ webapp }: Config): ((name: AgentName) => AgentName) =>
  webapp === undefined ? (name) => name : spelling(webapp.caseSensitive);

/** How long the store keeps what. */
export function retentionOf({ audit, admin, retention }: Config) {
  return { auditDays: audit.days, scoreDays: admin.scoreDays, ...retention };
}

/** @throws SamehandError `config-invalid` where a certificate cannot be read */
export function proxyOptions(config: Config, tls: TlsPair | null, pages: ReadonlyMap<string, Page>): ProxyOptions {
  const { listen, limits, organisation, workers } = config;
  // The kernel spreads connections evenly, so each process may take its part of them.
  const part = (limit: number): number => Math.ceil(limit / workers);
  return {
    listen: {
      host: listen.host,
      port: listen.port,
      reusePort: listen.reusePort || workers > 1,
      tls,
      origins: listen.origins,
    },
    guacd: config.guacd.map((guacd) => ({ host: guacd.host, port: guacd.port, tls: guacdTls(guacd) })),
    pages,
    enforcing: config.mode === "enforce",
    webapp: webApplication(config),
    limits: {
      sessions: limits.sessions,
      connections: part(limits.connections),
      connectionsPerAddress: part(limits.connectionsPerAddress),
      upgradesPerSecond: part(limits.upgradesPerSecond),
      upgradeBurst: part(limits.upgradeBurst),
      instructionsPerSecond: limits.instructionsPerSecond,
      instructionBurst: limits.instructionBurst,
      bytesPerSecond: limits.bytesPerSecond,
      byteBurst: limits.byteBurst,
      frameBytes: limits.frameBytes,
      bufferedBytes: limits.bufferBytes,
      memoryBytes: limits.memoryBytes ?? (memoryShare * availableMemory()) / workers,
    },
    timeouts: {
      headers: limits.requestSeconds,
      request: limits.requestSeconds + 5,
      connect: limits.connectSeconds,
      handshake: limits.handshakeSeconds,
      viewerSilence: limits.idleSeconds,
      viewerStall: limits.stallSeconds,
    },
    notice: {
      organisation: organisation.name,
      title: defaultNotice.title,
      text: organisation.notice === "" ? defaultNotice.text : organisation.notice,
    },
  };
}

/** @throws SamehandError `config-invalid` where the authority's file cannot be read */
function webApplication({ webapp, workers }: Config): ProxyOptions["webapp"] {
  if (webapp === undefined) return null;
  const { upstreams, path, ca, timeoutSeconds, httpTunnel, guests, bindAddress, people, caseSensitive } = webapp;
  return {
    upstreams,
    path: path === "/" ? "" : path,
    timeout: timeoutSeconds,
    httpTunnel,
    shared: workers > 1,
    guests,
    bindAddress,
    ...peopleOf(people, caseSensitive),
    proxies: webapp.trustedProxies,
    identityHeaders: webapp.identityHeaders.map((name) => name.toLowerCase()),
    ...(ca === undefined ? {} : { ca: readAuthority(ca, "webapp.ca") }),
  };
}

/** @throws SamehandError `config-invalid` where the authority's file cannot be read */
export function guacdTls(guacd: Config["guacd"][number]): GuacdOptions["tls"] {
  const tls = "tls" in guacd ? guacd.tls : undefined;
  if (tls === undefined) return null;
  const { ca, servername } = tls;
  return {
    ...(ca === undefined ? {} : { ca: readAuthority(ca, "guacd: tls.ca") }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/**
 * The certificate and key from their files.
 * @throws SamehandError `config-invalid` where they cannot be read, or do not belong together
 */
export function tlsFiles(config: Config): TlsPair | null {
  const { tls } = config.listen;
  if (tls === undefined || tls.development) return null;
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new SamehandError("config-invalid", `listen.tls: ${file} cannot be read`, error);
    }
  };
  const pair = { cert: read(tls.cert), key: read(tls.key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new SamehandError(
      "config-invalid",
      `listen.tls: ${tls.cert} and ${tls.key} are no certificate with its key`,
      error,
    );
  }
  return pair;
}

/** The token ring as issuing wants it: the newest key first. @throws SamehandError `key-invalid` */
export function tokenKeys(config: Config): TokenKey[] {
  return readKeyRing(config.tokens.keys, "tokens.keys")
    .keys.toReversed()
    .map(({ id, secret }) => ({ id, key: secret }));
}

/** Everything that the configuration accepts as a token. @throws SamehandError `key-invalid`, `config-invalid` */
export function acceptedTokens(config: Config, store: Pick<Store, "spend">, clock: Clock): Tokens {
  const { formats, guacamoleLite } = config.tokens;
  const connections = (name: string) => {
    const connection = Object.hasOwn(config.connections, name) ? config.connections[name] : undefined;
    return connection === undefined ? null : { protocol: connection.protocol, settings: readSettings(connection) };
  };
  const samehand = formats.includes("samehand")
    ? new SamehandTokens({ keys: tokenKeys(config), spent: store, connections, clock })
    : undefined;
  const spell = spellingOf(config);
  if (!formats.includes("guacamole-lite")) return new AcceptedTokens(samehand === undefined ? {} : { samehand }, spell);
  if (guacamoleLite === undefined)
    throw new SamehandError(
      "config-invalid",
      "tokens.formats has guacamole-lite, so tokens.guacamoleLite must be given",
    );
  const lite = new GuacamoleLiteTokens({
    key: Buffer.from(readSecret(guacamoleLite.key, "tokens.guacamoleLite.key")),
    agentField: guacamoleLite.agentField,
  });
  return new AcceptedTokens(
    samehand === undefined ? { guacamoleLite: lite } : { samehand, guacamoleLite: lite },
    spell,
  );
}
