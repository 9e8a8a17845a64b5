/** `samehand doctor`: looks at everything that a gateway needs before it serves, and says what to mend. */
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { get } from "node:http";
import { get as secureGet } from "node:https";
import { connect } from "node:net";
import { connect as secureConnect } from "node:tls";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { X509Certificate } from "node:crypto";
import { readAuthority } from "../../config/authority.ts";
import { configFile, loadConfig, secretFiles } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { consoleFolder } from "../admin/static.ts";
import { asSamehandError, SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { Handshake } from "../protocol/guacamole/handshake.ts";
import type { GuacdOptions } from "../proxy/options.ts";
import { guacdTls, tlsFiles } from "../settings.ts";
import { partsOf } from "./configuration-parts.ts";
import { counted } from "./counted.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand doctor [--config FILE] [--json]

Checks the configuration and every file that it names, who can read its secrets, store, clock,
console, every guacd that is used and every web application, and says what to mend. Exit 1 where
something must be mended.
`;

/** One thing looked at. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what to mend. */
  readonly told: string;
}

type Check = () => string | Promise<string>;

const day = 86_400_000;
const guacdMillis = 3000;

/** Runs one check; whatever it throws is the finding. */
async function look(what: string, check: Check): Promise<Finding> {
  try {
    return { what, ok: true, told: await check() };
  } catch (error) {
    return { what, ok: false, told: asSamehandError(error, "verification-failed").message };
  }
}

/** Says `select` to a guacd and waits for its `args`: a port that merely accepts is not a guacd. */
async function askGuacd({ host, port, tls }: GuacdOptions): Promise<string> {
  const socket = tls === null ? connect({ host, port }) : secureConnect({ host, port, ...tls });
  const end = AbortSignal.timeout(guacdMillis);
  try {
    await once(socket, tls === null ? "connect" : "secureConnect", { signal: end });
    const handshake = new Handshake({
      select: "vnc",
      settings: {},
      width: 1024,
      height: 768,
      dpi: 96,
      audio: [],
      video: [],
      image: [],
      timezone: "",
      name: "",
    });
    socket.write(handshake.start());
    const [bytes] = (await once(socket, "data", { signal: end })) as [Buffer];
    if (!bytes.toString("latin1").startsWith("4.args,"))
      throw new SamehandError("upstream-malformed", "it did not answer with its arguments");
    const version = /VERSION_\d+_\d+_\d+/.exec(bytes.toString("latin1"))?.[0] ?? "VERSION_1_0_0";
    return `answers, and offers ${version}`;
  } catch (error) {
    if (error instanceof SamehandError) throw error;
    throw new SamehandError(end.aborted ? "upstream-timeout" : "upstream-unreachable", `${host}:${port}`, error);
  } finally {
    socket.destroy();
  }
}

/** Asks for the page of Guacamole's web application. Its certificate is looked at as the gateway would. */
function askApplication(origin: string, { path, ca }: NonNullable<Config["webapp"]>): Promise<string> {
  const url = new URL(`${path}/`, origin);
  const options = ca === undefined ? {} : { ca: readAuthority(ca, "webapp.ca") };
  return new Promise((resolve, reject) => {
    const ask = (url.protocol === "https:" ? secureGet : get)(url, { ...options, timeout: guacdMillis }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve("answers");
      else
        reject(
          new SamehandError("config-invalid", `${url.href} answers ${answer.statusCode}: is \`webapp.path\` right?`),
        );
    });
    ask.on("timeout", () => ask.destroy(new SamehandError("upstream-timeout", url.href)));
    ask.on("error", (error) =>
      reject(error instanceof SamehandError ? error : new SamehandError("upstream-unreachable", url.href, error)),
    );
  });
}

function certificate(config: Config): string {
  if (config.listen.tls?.development === true) return "a development certificate is made at each start";
  const files = tlsFiles(config);
  if (files === null)
    return config.listen.host === "127.0.0.1" || config.listen.host === "::1"
      ? "none; plain HTTP on the loopback"
      : "none: what agents type crosses the network in the clear, unless something before it ends TLS";
  const { validTo, subject } = new X509Certificate(files.cert);
  const left = Math.floor((Date.parse(validTo) - Date.now()) / day);
  if (left < 0) throw new SamehandError("config-invalid", `listen.tls.cert ended on ${validTo}`);
  return `${subject.replaceAll("\n", ", ")}, ${counted(left, "day")} left`;
}

/**
 * Secrets that others can read are none. What belongs to somebody else, or to root, is read through its group: so a
 * container is given secrets, and a service its credentials and a certificate's key.
 */
function rights(config: Config): string {
  const known = secretFiles(config).filter((file) => existsSync(file));
  const open = known.filter((file) => {
    const { mode, uid } = statSync(file);
    const own = uid !== 0 && uid === process.getuid?.();
    return (mode & (own ? 0o077 : 0o007)) !== 0;
  });
  if (open.length === 0) return `${counted(known.length, "file")}, for nobody else to read`;
  throw new SamehandError("file-unusable", `others can read ${open.join(", ")}: chmod 600 ${open.join(" ")}`);
}

function store(config: Config): string {
  const opened = storeOf(config);
  try {
    const { rows, brokenAt } = opened.audit.verify();
    if (brokenAt !== null) throw new SamehandError("store-corrupt", `the audit chain breaks at row ${brokenAt}`);
    if (opened.problem !== null) throw opened.problem;
    const { missingKeys } = opened;
    if (missingKeys.length > 0)
      throw new SamehandError(
        "profile-unreadable",
        `${config.keys.file ?? "keys"} has no key ${missingKeys.join(", ")}`,
      );
    const agents = counted(opened.agents().length, "agent");
    return `${agents}, ${opened.locks().length} locked, ${counted(rows, "audit entry", "audit entries")}, chain whole`;
  } finally {
    opened.close();
  }
}

function operatorsConsole(): string {
  if (existsSync(join(consoleFolder, "index.html"))) return "built";
  throw new SamehandError("file-unusable", "the operators' pages are not built: run `npm run setup`");
}

/** A clock far off lets no token in, or old ones. */
function clock(): string {
  const now = new Date();
  if (now.getUTCFullYear() < 2025)
    throw new SamehandError("config-invalid", `the system clock says ${now.toISOString()}`);
  return now.toISOString();
}

function checks(config: Config): [string, Check][] {
  const { webapp, connections, guacd } = config;
  return [
    ...partsOf(config).map(([what, read]): [string, Check] => [
      what,
      what === "certificate" ? () => certificate(config) : read,
    ]),
    ["secrets' rights", () => rights(config)],
    ["store", () => store(config)],
    ["clock", clock],
    ["console", operatorsConsole],
    // Behind a web application guacd is the application's business.
    ...(webapp !== undefined && Object.keys(connections).length === 0 ? [] : guacd).map((each): [string, Check] => [
      `guacd ${each.host}:${each.port}`,
      () => askGuacd({ host: each.host, port: each.port, tls: guacdTls(each) }),
    ]),
    ...(webapp?.upstreams ?? []).map((origin): [string, Check] => [
      `web application ${origin}`,
      () => askApplication(origin, webapp!),
    ]),
  ];
}

/** @returns 0 where all is well, 1 where something must be mended */
export async function run(args: string[], io: Io): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const findings: Finding[] = [];
  let config: Config | null = null;
  findings.push(
    await look("configuration", () => {
      const loaded = loadConfig(configFile(values.config, io.env), io.env);
      config = loaded.config;
      return [loaded.file ?? "the environment and the defaults", ...loaded.warnings].join("; ");
    }),
  );
  if (config !== null) for (const [what, check] of checks(config)) findings.push(await look(what, check));
  if (values.json) io.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else for (const { what, ok, told } of findings) io.stdout.write(`${ok ? "ok  " : "MEND"}  ${what}: ${told}\n`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}
