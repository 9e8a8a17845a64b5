/** A real desktop without a screen: Xtigervnc, an X server that is a VNC server too. */
import { join } from "node:path";
import type { Parts } from "./parts.ts";
import { Program, freePort } from "./program.ts";

export interface DesktopOptions {
  readonly width?: number;
  readonly height?: number;
}

export class Desktop {
  /** Where the VNC server listens, on loopback. */
  readonly port: number;
  readonly parts: Parts;
  readonly #server: Program;
  readonly #display: string;
  readonly #programs: Program[] = [];

  private constructor(parts: Parts, server: Program, port: number, display: string) {
    this.parts = parts;
    this.port = port;
    this.#server = server;
    this.#display = display;
  }

  /** @throws Error when the X server does not come up */
  static async start(parts: Parts, { width = 1280, height = 800 }: DesktopOptions = {}): Promise<Desktop> {
    const port = await freePort();
    const options = {
      displayfd: "3",
      geometry: `${width}x${height}`,
      depth: "24",
      dpi: "96",
      rfbport: String(port),
      interface: "127.0.0.1",
      SecurityTypes: "None",
      nolisten: "tcp",
      xkbdir: join(parts.root, "usr/share/X11/xkb"),
      fp: "built-ins",
      desktop: "Samehand",
      FrameRate: "30",
      // several viewers at once: the gateway fetches the picture with a second one
      AlwaysShared: "1",
      AcceptSetDesktopSize: "0",
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]);
    const server = new Program({
      name: "Xtigervnc",
      // its working folder is where its keymap compiler is found: see parts.ts
      cwd: parts.root,
      env: { ...process.env, ...parts.environment },
      extraOutput: true,
      command: parts.command("usr/bin/Xtigervnc", args),
    });
    try {
      const [display] = await server.line(/^\d+$/);
      return new Desktop(parts, server, port, `:${display}`);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Resolves when the X server is gone. */
  get ended(): Promise<number | null> {
    return this.#server.exited;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.parts.environment, DISPLAY: this.#display, LC_ALL: "C" };
  }

  /** Runs an X program of the parts on this desktop. */
  open(program: string, args: readonly string[] = [], onLine?: (line: string) => void): Program {
    const opened = new Program({
      name: program,
      command: this.parts.command(program, args),
      env: this.environment,
      ...(onLine ? { onLine } : {}),
    });
    this.#programs.push(opened);
    return opened;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
    await this.#server.stop();
  }
}
