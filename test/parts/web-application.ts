/**
 * What stands in the place of Guacamole's web application: the project's own tunnel classes in a Tomcat, made from
 * `web-application/WebApplication.java`. Needs a JDK and Maven; where they are missing the tests that want it say so.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { PartsUnavailable } from "../../demo/apt.ts";
import { cacheFolder, withLock } from "../../demo/cache.ts";
import { Program } from "../../demo/program.ts";
import { quietly } from "./report.ts";

const run = promisify(execFile);
const source = new URL("web-application/WebApplication.java", import.meta.url).pathname;
const pom = new URL("web-application/pom.xml", import.meta.url).pathname;

export interface WebApplicationOptions {
  readonly guacdPort: number;
  /** guacd's settings of the VNC desktop that everybody connects to. */
  readonly desktop: Readonly<Record<string, string>>;
  /** Folder of the pages that it serves. */
  readonly pages: string;
}

export interface SignedIn {
  /** Empty where the sign-in was refused. */
  readonly token: string;
  readonly dataSource: string;
}

export class WebApplication {
  /** Everybody's. */
  static readonly password = "demo";
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  /** @throws PartsUnavailable where there is no JDK or Maven, or Maven has no network */
  static async start({ guacdPort, desktop, pages }: WebApplicationOptions): Promise<WebApplication> {
    const folder = await compiled();
    const classpath = [folder, ...jars(folder)].join(":");
    const args = [String(guacdPort), desktop["port"] ?? "", desktop["password"] ?? "", pages];
    const command: [string, ...string[]] = ["java", "-Xmx128m", "-cp", classpath, "WebApplication", ...args];
    const program = new Program({ name: "web application", command });
    try {
      const [, port] = await program.line(/listening (\d+)/);
      return new WebApplication(program, Number(port));
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
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

/** The folder of the compiled class and its libraries, made once for each version of the source. */
async function compiled(): Promise<string> {
  const version = createHash("sha256").update(readFileSync(source)).update(readFileSync(pom)).digest("hex");
  const folder = join(cacheFolder(), `web-application-${version.slice(0, 12)}`);
  const stamp = join(folder, "done");
  return withLock(folder, quietly, async () => {
    if (existsSync(stamp)) return folder;
    try {
      mkdirSync(join(folder, "jars"), { recursive: true });
      const copy = ["-B", "-q", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${join(folder, "jars")}`];
      await run("mvn", copy);
      await run("javac", ["-d", folder, "-cp", jars(folder).join(":"), source]);
    } catch (error) {
      throw new PartsUnavailable(`the web application's tunnel cannot be built: ${String(error).slice(0, 400)}`);
    }
    writeFileSync(stamp, "");
    return folder;
  });
}

const jars = (folder: string): string[] => readdirSync(join(folder, "jars")).map((name) => join(folder, "jars", name));
