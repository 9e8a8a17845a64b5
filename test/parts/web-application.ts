/**
 * Guacamole's web application for tests: the real one where its war is given, else what stands in its place, the
 * project's own tunnel classes in a Tomcat, made from `web-application/WebApplication.java`. Needs a JDK and Maven;
 * where they are missing the tests that want it say so.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PartsUnavailable } from "../../demo/apt.ts";
import { cacheFolder, withLock } from "../../demo/cache.ts";
import { Program } from "../../demo/program.ts";
import { quietly } from "./report.ts";

const run = promisify(execFile);
const folderOf = (name: string): string => new URL(`web-application/${name}`, import.meta.url).pathname;
const sources = ["WebApplication.java", "War.java"].map(folderOf);
const pom = folderOf("pom.xml");
/** For a program that lives a minute: 1.4 s of CPU until it listens, where 2.7 s were without. */
const briefly = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"];
const { resolve } = createRequire(import.meta.url);
const clientLibrary = join(dirname(resolve("guacamole-common-js")), "../esm/guacamole-common.js");

export interface WebApplicationOptions {
  readonly guacdPort: number;
  /** guacd's settings of the VNC desktop that everybody connects to. */
  readonly desktop: Readonly<Record<string, string>>;
  /** The real one's war; else the folder of the pages that the stand-in serves. */
  readonly war?: string;
  readonly pages?: string;
}

export interface SignedIn {
  /** Empty where the sign-in was refused. */
  readonly token: string;
  readonly dataSource: string;
}

export class WebApplication {
  /** Everybody's. */
  static readonly password = "demo";
  /** The data source whose live connections may be joined and shared; those of `default` may not. */
  static readonly database = "postgresql";
  readonly port: number;
  readonly #program: Program;
  readonly #home: string;

  private constructor(program: Program, port: number, home: string) {
    this.#program = program;
    this.port = port;
    this.#home = home;
  }

  /** @throws PartsUnavailable where there is no JDK or Maven, or Maven has no network */
  static async start({ guacdPort, desktop, war, pages }: WebApplicationOptions): Promise<WebApplication> {
    const folder = await compiled();
    const home = mkdtempSync(join(tmpdir(), "samehand-guacamole-"));
    const [name, args]: [string, string[]] =
      war === undefined
        ? ["WebApplication", [String(guacdPort), desktop["port"] ?? "", desktop["password"] ?? "", pages ?? home]]
        : ["War", [war, writeHome(home, guacdPort, desktop)]];
    const classpath = [folder, ...jars(folder)].join(":");
    // what Tomcat writes goes with the folder
    const command: [string, ...string[]] = [
      "java",
      ...briefly,
      `-Djava.io.tmpdir=${home}`,
      "-cp",
      classpath,
      name,
      ...args,
    ];
    const program = new Program({ name: "web application", command });
    try {
      const [, port] = await program.line(/listening (\d+)/);
      return new WebApplication(program, Number(port), home);
    } catch (error) {
      await program.stop();
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Everybody who has an account in the real one's `user-mapping.xml`. */
export const accounts = ["anna", "bert", "cleo", ...Array.from({ length: 20 }, (_, n) => `agent${n}`)];

/** The real one's settings: everybody has one connection, to the desktop. @returns the folder */
function writeHome(home: string, guacdPort: number, desktop: Readonly<Record<string, string>>): string {
  writeFileSync(join(home, "guacamole.properties"), `guacd-hostname: 127.0.0.1\nguacd-port: ${guacdPort}\n`);
  const parameters = Object.entries(desktop).map(([name, value]) => `<param name="${name}">${value}</param>`);
  const connection = `<connection name="desktop"><protocol>vnc</protocol>${parameters.join("")}</connection>`;
  const users = accounts.map(
    (name) => `<authorize username="${name}" password="${WebApplication.password}">${connection}</authorize>`,
  );
  writeFileSync(join(home, "user-mapping.xml"), `<user-mapping>${users.join("\n")}</user-mapping>\n`);
  return home;
}

/** The stand-in's page, with Guacamole's own client library, in a folder of its own. */
export function standInPages(): string {
  const folder = mkdtempSync(join(tmpdir(), "samehand-pages-"));
  cpSync(folderOf("page"), folder, { recursive: true });
  cpSync(clientLibrary, join(folder, "guacamole.js"));
  return folder;
}

/** Signs in at the application, or at what stands before it. @param url of the application's path */
export async function signIn(url: string, form: Readonly<Record<string, string>>): Promise<SignedIn> {
  const response = await fetch(`${url}/api/tokens`, { method: "POST", body: new URLSearchParams(form) });
  const { authToken = "", dataSource = "" } = (await response.json()) as { authToken?: string; dataSource?: string };
  return { token: authToken, dataSource };
}

/** Where the stock page opens the tunnel, with what it asks for. */
export function tunnelUrl(url: string, token: string, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams({
    token,
    GUAC_DATA_SOURCE: "default",
    GUAC_ID: "desktop",
    GUAC_TYPE: "c",
    GUAC_WIDTH: "1024",
    GUAC_HEIGHT: "768",
    GUAC_DPI: "96",
    GUAC_IMAGE: "image/png",
    ...more,
  });
  return `${url.replace(/^http/, "ws")}/websocket-tunnel?${query.toString()}`;
}

/** The folder of the compiled classes and its libraries, made once for each version of the source. */
async function compiled(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [...sources, pom]) hash.update(readFileSync(file));
  const version = hash.digest("hex");
  const folder = join(cacheFolder(), `web-application-${version.slice(0, 12)}`);
  const stamp = join(folder, "done");
  return withLock(folder, quietly, async () => {
    if (existsSync(stamp)) return folder;
    try {
      mkdirSync(join(folder, "jars"), { recursive: true });
      const copy = ["-B", "-q", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${join(folder, "jars")}`];
      await run("mvn", copy);
      await run("javac", ["-d", folder, "-cp", jars(folder).join(":"), ...sources]);
    } catch (error) {
      throw new PartsUnavailable(`the web application's tunnel cannot be built: ${String(error).slice(0, 400)}`);
    }
    writeFileSync(stamp, "");
    return folder;
  });
}

const jars = (folder: string): string[] => readdirSync(join(folder, "jars")).map((name) => join(folder, "jars", name));
