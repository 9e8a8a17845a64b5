/**
 * Makes a fresh clone ready: installs the dependencies when they are missing or older than the lock file, and builds
 * tap's own files and the operators' console. Runs before `npm start` and `npm test`, on any Node from 20 on; does nothing when all is there.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const lock = join(root, "package-lock.json");
const installed = join(modules, ".package-lock.json");
const built = join(modules, ".samehand-built");

/** Runs a program with its output shown; ends this one when it fails. */
function run(words, [program, ...args]) {
  process.stderr.write(`samehand: ${words}\n`);
  const bin = join(modules, ".bin");
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ""}` };
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  process.stderr.write(`samehand: ${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(1);
}

const [major = 0] = process.versions.node.split(".").map(Number);
if (major < 20) {
  process.stderr.write(`samehand needs Node 20 or later to set itself up; this is ${process.version}\n`);
  process.exit(1);
}

/** Whether what npm wrote down at its last installation is what the lock file asks for. */
function upToDate() {
  if (!existsSync(installed)) return false;
  const packagesOf = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const have = packagesOf(installed);
  return Object.entries(packagesOf(lock)).every(
    ([path, wanted]) =>
      path === "" || (have[path] === undefined ? wanted.optional : have[path].version === wanted.version),
  );
}

// a linked node_modules belongs to another checkout: that one keeps it up to date
const linked = existsSync(modules) && lstatSync(modules).isSymbolicLink();
const key = createHash("sha256")
  .update(readFileSync(lock))
  .update(readFileSync(join(root, ".taprc")))
  .digest("hex");
if (!linked && !upToDate()) {
  run("installing the dependencies (once, under a minute)", [
    "npm",
    "ci",
    "--no-audit",
    "--no-fund",
    "--loglevel",
    "error",
  ]);
  writeFileSync(built, key); // its `prepare` script has just done the next step
}
if (!existsSync(built) || readFileSync(built, "utf8") !== key) {
  run("building the test runner's files", ["tap", "build"]);
  writeFileSync(built, key);
}

const consoleFolder = join(root, "console");
const sources = readdirSync(consoleFolder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !/[\\/]dist([\\/]|$)/.test(entry.parentPath))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();
const consoleKey = createHash("sha256").update(key);
for (const file of sources) consoleKey.update(file.slice(root.length)).update(readFileSync(file));
const consoleBuilt = join(consoleFolder, "dist", ".built");
const consoleVersion = consoleKey.digest("hex");
if (!existsSync(consoleBuilt) || readFileSync(consoleBuilt, "utf8") !== consoleVersion) {
  run("building the operators' console", ["vite", "build", "console", "--logLevel", "warn"]);
  mkdirSync(dirname(consoleBuilt), { recursive: true });
  writeFileSync(consoleBuilt, consoleVersion);
}
