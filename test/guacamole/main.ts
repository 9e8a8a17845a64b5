/**
 * `npm run test:guacamole`: the browser test on the real Apache Guacamole web application. The war is named by
 * `SAMEHAND_GUACAMOLE_WAR`, else Maven is asked for it, which has none in the public repositories known to us.
 *
 * Exit codes: 0 passed, 1 failed, 77 not run, because there is no war here.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../demo/cache.ts";

const versions = ["1.6.0", "1.5.5"];
const notRun = 77;
const root = fileURLToPath(new URL("../..", import.meta.url));

const war = named() ?? cached() ?? versions.map(fetched).find((file) => file !== null);
if (war === undefined) {
  console.error(`not run: there is no war of Apache Guacamole's web application here.
  Give one:  SAMEHAND_GUACAMOLE_WAR=/path/to/guacamole.war npm run test:guacamole
  It is the file guacamole-${versions[0]}.war of a release (https://guacamole.apache.org/releases/), or
  /opt/guacamole/webapp/guacamole.war of the image guacamole/guacamole (docker cp). 1.5 and 1.6 are meant.
  It also needs a JDK (17 or later), Maven, and what \`npm test\` needs.
  The same visits to a stand-in made of Guacamole's own tunnel classes:  npm run unit -- test/guacamole/stand-in.test.ts`);
  process.exit(notRun);
}
console.error(`the web application: ${war}`);
const { status } = spawnSync("npm", ["run", "unit", "--", "test/guacamole/war.test.ts"], {
  cwd: root,
  env: { ...process.env, SAMEHAND_GUACAMOLE_WAR: war },
  stdio: "inherit",
});
process.exit(status === 0 ? 0 : 1);

function named(): string | undefined {
  const file = process.env["SAMEHAND_GUACAMOLE_WAR"];
  if (file === undefined || file === "") return undefined;
  if (!existsSync(file)) {
    console.error(`SAMEHAND_GUACAMOLE_WAR: there is no ${file}`);
    process.exit(1);
  }
  return resolve(file);
}

function cached(): string | undefined {
  return versions.map((version) => place(version)).find((file) => existsSync(file));
}

function place(version: string): string {
  return join(cacheFolder(), `guacamole-${version}.war`);
}

/** Null where Maven does not have it, or is not there itself. */
function fetched(version: string): string | null {
  const folder = cacheFolder();
  const artifact = `org.apache.guacamole:guacamole:${version}:war`;
  try {
    mkdirSync(folder, { recursive: true });
    const flags = ["-B", "-q", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
    execFileSync("mvn", flags, { stdio: "ignore", timeout: 120_000 });
    return existsSync(place(version)) ? place(version) : null;
  } catch {
    return null;
  }
}
