/**
 * apt with folders of its own: downloads Debian or Ubuntu packages, checked by apt against the archive's keys,
 * without root and without reading or changing what is installed on the machine.
 * apt.conf(5): APT_CONFIG is read first, so it can point `Dir::Etc::main` and `parts` away from the machine's.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Mirror, findMirror } from "./apt-sources.ts";
import type { Report } from "./cache.ts";

/** The parts cannot be fetched here; the message is for the person at the terminal. */
export class PartsUnavailable extends Error {
  override readonly name = "PartsUnavailable";
}

/** The last release of each family that has guacd. */
const suites = { debian: "bullseye", ubuntu: "jammy" } as const;

/**
 * Taken as given: maintainer scripts' tools and drivers that the programs run without. Declaring them installed
 * halves the download.
 */
const given = `perl perl-base python3 cpp coreutils tar dpkg debconf libgl1-mesa-dri adduser xdg-utils
  adwaita-icon-theme x11-common ucf sensible-utils init-system-helpers lsb-base tzdata shared-mime-info
  hicolor-icon-theme dconf-gsettings-backend media-types readline-common`.split(/\s+/);

export class PrivateApt {
  readonly architecture: string;
  readonly #folder: string;
  readonly #report: Report;
  readonly #env: NodeJS.ProcessEnv;

  /** @throws PartsUnavailable where there is no apt, or its sources name no mirror */
  constructor(folder: string, report: Report) {
    this.#folder = folder;
    this.#report = report;
    this.#env = {
      ...process.env,
      APT_CONFIG: join(folder, "apt.conf"),
      LC_ALL: "C",
      DEBIAN_FRONTEND: "noninteractive",
    };
    this.architecture = ask("dpkg", ["--print-architecture"]);
    for (const name of ["lists/partial", "cache/archives/partial", "state", "empty"])
      mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "empty.conf"), "");
    writeFileSync(join(folder, "sources.list"), sourceLine(machineMirror(), folder));
    writeFileSync(join(folder, "apt.conf"), configuration(folder));
  }

  /** Where the downloaded packages are. */
  get archives(): string {
    return join(this.#folder, "cache", "archives");
  }

  /** Downloads `packages` and all that they need but what is already `unpacked`. Resumes what was cut off. */
  async download(packages: readonly string[], unpacked: readonly string[]): Promise<string[]> {
    const stubs = given.map((name) => `Package: ${name}\n${stub(this.architecture)}`);
    writeFileSync(join(this.#folder, "status"), `${[...unpacked, ...stubs].join("\n\n")}\n`);
    await this.#apt(["update"]);
    await this.#apt(["-y", "--download-only", "install", ...packages]);
    return readdirSync(this.archives)
      .filter((name) => name.endsWith(".deb"))
      .map((name) => join(this.archives, name));
  }

  async #apt(args: string[]): Promise<void> {
    const child = spawn("apt-get", args, { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    let tail = "";
    const listen = (chunk: Buffer): void => {
      const text = chunk.toString();
      tail = (tail + text).slice(-2000);
      for (const line of text.split("\n")) if (/^(Get:|Need to get)/.test(line)) this.#report(line.trim());
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw new PartsUnavailable(`apt-get ${args.at(-1)} failed:\n${tail.trim()}`);
  }
}

const stub = (architecture: string): string => `Status: install ok installed
Version: 99:1
Architecture: ${architecture}
Multi-Arch: allowed
Provides: debconf-2.0
Maintainer: none
Description: taken as given`;

function ask(program: string, args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch (error) {
    throw new PartsUnavailable(`${program} is not on this machine`, { cause: error });
  }
}

function machineMirror(): Mirror {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const mirror = findMirror("/etc/apt", release);
  if (mirror === null) throw new PartsUnavailable("/etc/apt names no Debian or Ubuntu mirror");
  return mirror;
}

function sourceLine(mirror: Mirror, folder: string): string {
  const keyring = join(folder, "keyring.gpg");
  writeFileSync(keyring, Buffer.concat(archiveKeys(mirror.family).map((file) => readFileSync(file))));
  const suite = suites[mirror.family];
  const components = mirror.family === "ubuntu" ? "main universe" : "main";
  return `deb [signed-by=${keyring}] ${mirror.uri} ${suite} ${components}\n`;
}

/** Binary keyrings can be joined into one. */
function archiveKeys(family: Mirror["family"]): string[] {
  const folder = "/usr/share/keyrings";
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const keys = names.filter((name) => name.startsWith(`${family}-archive-`) && /\.(gpg|pgp)$/.test(name));
  if (keys.length === 0) throw new PartsUnavailable(`no ${family} archive keys in ${folder}`);
  return keys.filter((name) => !name.includes("removed")).map((name) => join(folder, name));
}

function configuration(folder: string): string {
  const set = (key: string, value: string): string => `${key} "${value}";`;
  const at = (name: string): string => join(folder, name);
  return `${[
    set("Dir::Etc::main", at("empty.conf")),
    set("Dir::Etc::parts", at("empty")),
    set("Dir::Etc::SourceList", at("sources.list")),
    set("Dir::Etc::SourceParts", at("empty")),
    set("Dir::Etc::Preferences", at("empty.conf")),
    set("Dir::Etc::PreferencesParts", at("empty")),
    set("Dir::State", at("state")),
    set("Dir::State::lists", at("lists")),
    set("Dir::State::status", at("status")),
    set("Dir::Cache", at("cache")),
    set("Dir::Log", at("state")),
    set("APT::Install-Recommends", "false"),
    // as root, apt would drop to its own user, who cannot write to a private folder
    set("APT::Sandbox::User", process.getuid?.() === 0 ? "root" : ""),
    set("Acquire::Languages", "none"),
    // the release is frozen: its signature counts, its date does not
    set("Acquire::Check-Valid-Until", "false"),
    set("Acquire::Retries", "3"),
    ...machineNetwork(),
  ].join("\n")}\n`;
}

/** How this machine reaches its mirror: proxies and certificates, as its own apt is told. */
function machineNetwork(): string[] {
  const dump = ask("apt-config", ["dump"]).split("\n");
  return dump.filter((line) => /^Acquire::(http|https|ForceIPv[46])(::| ).*"[^"]+";$/i.test(line));
}
