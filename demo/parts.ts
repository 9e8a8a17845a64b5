/**
 * The real parts that the demo and the tests run against: guacd, a VNC desktop, a browser. Fetched once into the
 * cache as distribution packages, unpacked, and run from there through their own dynamic loader.
 */
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PartsUnavailable, PrivateApt } from "./apt.ts";
import { type Report, cacheFolder, withLock } from "./cache.ts";

const run = promisify(execFile);

/** Raise it when a list or the unpacking below changes: what was unpacked differently is fetched anew. */
const edition = 1;

const sets = {
  desktop: `guacd libguac-client-vnc0 tigervnc-standalone-server tigervnc-common openbox xterm x11-utils x11-xkb-utils
    xkb-data x11-xserver-utils xdotool tk8.6 hsetroot fonts-dejavu-core`.split(/\s+/),
  browser: ["chromium", "fonts-dejavu-core"],
  /** Peers that the benchmark compares with. */
  proxies: ["haproxy", "nginx-light"],
  /** What the tests send to: Prometheus with promtool, and a syslog server that speaks TLS. */
  watchers: ["prometheus", "rsyslog", "rsyslog-gnutls"],
} as const;
export type PartSet = keyof typeof sets;

/** Unpacked programs, and how to run one. */
export class Parts {
  /** The unpacked packages' root folder. */
  readonly root: string;
  readonly #loader: string;
  readonly #libraries: string[];

  constructor(root: string) {
    this.root = root;
    const triplet = readdirSync(join(root, "usr/lib")).find((name) => /^[a-z0-9_]+-linux-gnu/.test(name));
    if (triplet === undefined) throw new PartsUnavailable(`${root} has no libraries; remove it and try again`);
    this.#libraries = [`lib/${triplet}`, `usr/lib/${triplet}`]
      .flatMap((folder) => [folder, `${folder}/pulseaudio`, `${folder}/nss`])
      .map((folder) => join(root, folder))
      .filter((folder) => existsSync(folder));
    this.#loader = loaderIn(this.#libraries);
  }

  /** The command line that runs `program` (`/usr/bin/xterm`) with the libraries it was made for. */
  command(program: string, args: readonly string[] = []): [string, ...string[]] {
    return [this.#loader, "--library-path", this.#libraries.join(":"), join(this.root, program), ...args];
  }

  /** What the unpacked programs look for under `/usr/share` and `/etc`. */
  get environment(): Record<string, string> {
    const share = join(this.root, "usr/share");
    return {
      FONTCONFIG_FILE: join(this.root, "fonts.conf"),
      GCONV_PATH: join(this.#libraries.find((it) => existsSync(join(it, "gconv"))) ?? this.root, "gconv"),
      TCL_LIBRARY: join(share, "tcltk/tcl8.6"),
      TK_LIBRARY: join(share, "tcltk/tk8.6"),
      XAPPLRESDIR: join(this.root, "etc/X11/app-defaults"),
      XDG_DATA_DIRS: share,
      XKB_CONFIG_ROOT: join(share, "X11/xkb"),
      XLOCALEDIR: join(share, "X11/locale"),
    };
  }

  /**
   * Chromium starts itself again by its own path, which the loader's name would hide: it runs on the machine's C
   * library, with only the other libraries from here.
   */
  get chromium(): { readonly path: string; readonly environment: Record<string, string> } {
    const folders = [
      join(this.root, "chromium-libraries"),
      ...this.#libraries.filter((it) => /(pulseaudio|nss)$/.test(it)),
    ];
    return {
      path: join(this.root, "usr/lib/chromium/chromium"),
      environment: { FONTCONFIG_FILE: join(this.root, "fonts.conf"), LD_LIBRARY_PATH: folders.join(":") },
    };
  }
}

/**
 * The parts of a set, fetched and unpacked if they are not there yet.
 * @throws PartsUnavailable where they cannot be had
 */
export async function ensureParts(set: PartSet, report: Report): Promise<Parts> {
  const folder = join(cacheFolder(), `parts-${edition}`);
  const root = join(folder, "root");
  const stamp = join(folder, `${set}.done`);
  if (existsSync(stamp)) return new Parts(root);
  return withLock(folder, report, async () => {
    if (!existsSync(stamp)) {
      await fetchSet(set, folder, root, report);
      writeFileSync(stamp, `${new Date().toISOString()}\n`);
    }
    return new Parts(root);
  });
}

async function fetchSet(set: PartSet, folder: string, root: string, report: Report): Promise<void> {
  report(`fetching the ${set} from this machine's package mirror into ${folder}`);
  const apt = new PrivateApt(join(folder, "apt"), report);
  const listed = join(folder, "unpacked");
  const unpacked = existsSync(listed) ? readFileSync(listed, "utf8").split("\n\n") : [];
  const archives = await apt.download(sets[set], unpacked);
  report(`unpacking ${archives.length} packages`);
  mkdirSync(root, { recursive: true });
  const stanzas: string[] = [];
  for (const archive of archives) {
    await run("dpkg", ["-x", archive, root]);
    const { stdout } = await run("dpkg", ["-f", archive]);
    stanzas.push(stdout.replace("\n", "\nStatus: install ok installed\n"));
  }
  prune(root);
  writeFontConfiguration(root, folder);
  if (set === "desktop") moveKeymapCompiler(root);
  if (set === "browser") gatherChromiumLibraries(root);
  writeFileSync(
    listed,
    [...unpacked, ...stanzas]
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .join("\n\n"),
  );
  rmSync(apt.archives, { recursive: true });
}

function prune(root: string): void {
  for (const name of ["doc", "man", "info", "locale", "lintian", "bug", "icons/Adwaita", "mime"])
    rmSync(join(root, "usr/share", name), { recursive: true, force: true });
}

function writeFontConfiguration(root: string, folder: string): void {
  writeFileSync(
    join(root, "fonts.conf"),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(root, "usr/share/fonts")}</dir>
  <cachedir>${join(folder, "fonts")}</cachedir>
  <match target="font"><edit name="hintstyle" mode="assign"><const>hintslight</const></edit></match>
</fontconfig>
`,
  );
}

/**
 * Xtigervnc calls `/usr/bin/xkbcomp`, a path that is compiled in. In the private copy that one string becomes
 * `usr/bin`, relative to its working folder, which is then the root; and a script there runs the real xkbcomp.
 */
function moveKeymapCompiler(root: string): void {
  const compiler = join(root, "usr/bin/xkbcomp");
  const parts = new Parts(root);
  if (!existsSync(`${compiler}.real`)) renameSync(compiler, `${compiler}.real`);
  const words = parts.command("usr/bin/xkbcomp.real").map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  writeFileSync(compiler, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  chmodSync(compiler, 0o755);
  const server = join(root, "usr/bin/Xtigervnc");
  const binary = readFileSync(server);
  const path = Buffer.from("\0/usr/bin\0");
  const at = binary.indexOf(path);
  if (at < 0 || binary.indexOf(path, at + 1) >= 0)
    throw new PartsUnavailable("this Xtigervnc is not as expected: its path of xkbcomp was not found once");
  binary.write("\0usr/bin\0\0", at, "latin1");
  writeFileSync(server, binary);
}

/** Links to every library but those of the C library's own package. */
function gatherChromiumLibraries(root: string): void {
  const links = join(root, "chromium-libraries");
  rmSync(links, { recursive: true, force: true });
  mkdirSync(links);
  const own =
    /^(ld[-.]|lib(c|m|mvec|dl|rt|pthread|resolv|util|nsl|anl|crypt|BrokenLocale|memusage|pcprofile|thread_db|SegFault|nss_\w+)[-.])/;
  for (const base of ["lib", "usr/lib"]) {
    const folders = existsSync(join(root, base)) ? readdirSync(join(root, base)) : [];
    for (const triplet of folders.filter((name) => /-linux-gnu/.test(name)))
      for (const name of readdirSync(join(root, base, triplet)))
        if (/\.so(\.|$)/.test(name) && !own.test(name) && !existsSync(join(links, name)))
          symlinkSync(join(root, base, triplet, name), join(links, name));
  }
}

function loaderIn(folders: readonly string[]): string {
  for (const folder of folders)
    for (const name of readdirSync(folder))
      if (/^ld-(linux.*\.so\.\d+|\d[\d.]*\.so)$/.test(name)) return join(folder, name);
  throw new PartsUnavailable("no dynamic loader among the unpacked packages; remove the cache and try again");
}
