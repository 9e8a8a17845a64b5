/**
 * `npm run sbom`: what is installed with Samehand and under which licences: `out/sbom.cdx.json` (CycloneDX, made by npm
 * from the lock file), and `out/licences.txt`, a line for each package. Fails where a licence is one that nobody looked at.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Component {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    readonly expression?: string;
  }[];
}

/** Permissive: what they ask for is that their text goes along, which it does in each package. */
const known = new Set(
  "MIT MIT-0 ISC 0BSD BSD-2-Clause BSD-3-Clause Apache-2.0 Unlicense BlueOak-1.0.0 CC0-1.0 OFL-1.1 Python-2.0 Zlib".split(
    " ",
  ),
);
/** Packages that name none in their package.json; each was looked at. */
const looked: Readonly<Record<string, string>> = { "guacamole-common-js": "Apache-2.0" };

const root = fileURLToPath(new URL("..", import.meta.url));
const args = ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
const { components = [] } = JSON.parse(stdout) as { components?: readonly Component[] };
const licenceOf = ({ name, licenses = [] }: Component): string =>
  licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? "unknown").join(" AND ") ||
  (looked[name] ?? "unknown");
const permitted = (licence: string): boolean => {
  const parts = licence.replaceAll(/[()]/g, "").split(" OR ");
  return parts.some((part) => part.split(" AND ").every((each) => known.has(each)));
};
const lines = components.map((each) => [each.name, each.version, licenceOf(each)] as const);
mkdirSync(join(root, "out"), { recursive: true });
writeFileSync(join(root, "out/sbom.cdx.json"), stdout);
writeFileSync(join(root, "out/licences.txt"), lines.map((line) => `${line.join("\t")}\n`).join(""));
const counts = new Map<string, number>();
for (const [, , licence] of lines) counts.set(licence, (counts.get(licence) ?? 0) + 1);
process.stdout.write(`${lines.length} packages: out/sbom.cdx.json, out/licences.txt\n`);
for (const [licence, count] of [...counts].sort(([, a], [, b]) => b - a))
  process.stdout.write(`${String(count).padStart(5)}  ${licence}\n`);
const strange = lines.filter(([, , licence]) => !permitted(licence));
for (const line of strange) process.stderr.write(`look at the licence of ${line.join(" ")}\n`);
if (strange.length > 0) process.exitCode = 1;
