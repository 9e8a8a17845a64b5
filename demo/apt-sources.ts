/** Finds a package mirror in the machine's own apt sources: sources.list(5), one-line and deb822 style. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface Mirror {
  readonly family: "debian" | "ubuntu";
  readonly uri: string;
}

/**
 * The first mirror of a whole distribution in `folder` (as `/etc/apt`); null where there is none.
 * @param release what the machine says it is (os-release), for mirrors whose address does not tell
 */
export function findMirror(folder: string, release: string): Mirror | null {
  const parts = join(folder, "sources.list.d");
  const files = [
    join(folder, "sources.list"),
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ];
  for (const file of files) {
    const parse = file.endsWith(".sources") ? deb822 : file.endsWith(".list") ? oneLine : null;
    if (parse === null || !existsSync(file)) continue;
    for (const uri of parse(readFileSync(file, "utf8"))) {
      const family = familyOf(uri, release);
      if (family !== null) return { family, uri };
    }
  }
  return null;
}

/** By the archive's path, which mirrors keep: `/debian`, `/ubuntu`, `/ubuntu-ports`; not the security archives. */
function familyOf(uri: string, release: string): Mirror["family"] | null {
  if (!/^(https?|ftp|file|mirror\+file|mirror\+https?|copy):/.test(uri)) return null;
  if (/security/.test(uri)) return null;
  for (const text of [uri, release]) {
    if (/ubuntu/.test(text)) return "ubuntu";
    if (/debian/.test(text)) return "debian";
  }
  return null;
}

function oneLine(text: string): string[] {
  return text
    .split("\n")
    .map((line) => /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+\s+.*\bmain\b/.exec(line)?.[1] ?? "")
    .filter((uri) => uri !== "");
}

function deb822(text: string): string[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string): string =>
      new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, "im").exec(stanza)?.[1] ?? "";
    const usable =
      /\bdeb\b/.test(field("Types")) && /\bmain\b/.test(field("Components")) && !/no/i.test(field("Enabled"));
    return usable
      ? field("URIs")
          .split(/\s+/)
          .filter((uri) => uri !== "")
      : [];
  });
}
