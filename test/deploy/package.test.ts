/** What `npm pack` makes, used as those who install it use it: the command runs, and a server imports `guard`. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import t from "tap";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { guarded } from "../parts/guarded.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` };
const inRoot = (program: string, args: readonly string[]): string =>
  // Without what the test runner puts in front of every Node.
  execFileSync("env", ["-u", "NODE_OPTIONS", program, ...args], {
    cwd: root,
    env,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });

t.setTimeout(240_000);

t.test(
  "the package has what runs and nothing else, and runs where it is installed",
  { timeout: 230_000 },
  async (t) => {
    const { scripts, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
      bin: { samehand: string };
    };
    t.equal(scripts["prepack"], "node scripts/package.ts");
    inRoot(process.execPath, ["scripts/package.ts"]);
    const folder = t.testdir();
    const packed = JSON.parse(inRoot("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder])) as [
      { filename: string; files: { path: string; mode: number }[] },
    ];
    const paths = packed[0].files.map(({ path }) => path);
    const allowed =
      /^(bin\/samehand|dist\/.+|docs\/[A-Z]+\.md|deploy\/.+|examples\/.+|package\.json|(LICENSE|README|CHANGELOG|SECURITY)[^/]*)$/;
    t.same(
      paths.filter((path) => !allowed.test(path)),
      [],
    );
    t.same(
      paths.filter((path) => /\.test\.[jt]s|(?<!\.d)\.ts$|fixtures|\.db$|\.keys$|\.pem$|\.env/.test(path)),
      [],
    );
    for (const needed of [
      bin.samehand,
      "dist/gateway/guard.js",
      "dist/gateway/guard.d.ts",
      "dist/gateway/judge/farm-worker.js",
      "dist/gateway/judge/tree-worker.js",
      "dist/gateway/pages/index.html",
      "dist/config/policy.default.yaml",
      "dist/models/background.bin",
      "dist/console/dist/index.html",
      "deploy/systemd/samehand.service",
      "LICENSE",
    ])
      t.ok(paths.includes(needed), needed);

    const installed = join(folder, "node_modules/samehand");
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["-xzf", join(folder, packed[0].filename), "-C", installed, "--strip-components=1"]);
    symlinkSync(join(root, "node_modules"), join(installed, "node_modules"));
    t.notOk(existsSync(join(installed, "gateway")), "no source that Node would not run there");

    writeFileSync(join(folder, "app.mjs"), 'import { guard } from "samehand"; console.log(typeof guard);');
    t.equal(execFileSync(process.execPath, ["app.mjs"], { cwd: folder, env, encoding: "utf8" }), "function\n");

    await t.test("its example of a guarded server runs as it is", async (t) => {
      const example = join(installed, "examples/guacamole-lite.js");
      await guarded(t, { command: [process.execPath, example], samehand: join(installed, bin.samehand), folder });
    });

    writeFileSync(
      join(folder, "samehand.yaml"),
      "listen: {port: 0}\nmetrics: {port: 0}\nadmin: {port: 0}\nworkers: 2\n",
    );
    for (const name of ["samehand.keys", "samehand.token-keys"])
      writeFileSync(join(folder, name), newKeyLine(new Date(0)));
    const child = spawn(join(installed, bin.samehand), ["serve", "--config", join(folder, "samehand.yaml")], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    t.teardown(() => child.kill("SIGKILL"));
    const exit = once(child, "exit");
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, listen, console: operators } = JSON.parse(line) as Record<string, string>;
      if (msg !== "listening" || operators === undefined) continue;
      for (const address of [`${listen}/`, operators]) {
        const answer = await fetch(address);
        t.equal(answer.status, 200, "its pages are there");
        t.match(await answer.text(), /<!doctype html>/i);
      }
      break;
    }
    child.kill("SIGTERM");
    t.same(await exit, [0, null]);
  },
);
