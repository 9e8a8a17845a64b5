/**
 * Builds what an installed package runs: Node does not strip types below `node_modules`, so the TypeScript is compiled
 * into `dist/`, with the files that it reads beside it. `npm pack` runs this.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const assets = new Set([".bin", ".yaml", ".html", ".css", ".js", ".svg", ".json"]);

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed`);
}

rmSync(dist, { recursive: true, force: true });
run("tsc", ["-p", "tsconfig.package.json"]);
if (!existsSync(join(root, "console/dist/index.html"))) run("vite", ["build", "console", "--logLevel", "warn"]);
const isAsset = (path: string): boolean => extname(path) === "" || assets.has(extname(path));
for (const folder of ["config", "models", "gateway/pages"])
  cpSync(join(root, folder), join(dist, folder), { recursive: true, filter: isAsset });
mkdirSync(join(dist, "console"), { recursive: true });
cpSync(join(root, "console/dist"), join(dist, "console/dist"), {
  recursive: true,
  filter: (path) => !path.endsWith(".built"),
});
const { name, version, type } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, string>;
writeFileSync(join(dist, "package.json"), `${JSON.stringify({ name, version, type })}\n`);
