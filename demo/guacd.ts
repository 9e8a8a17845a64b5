/** Apache Guacamole's proxy daemon, from the parts. */
import type { Parts } from "./parts.ts";
import { Program, connectable, freePort } from "./program.ts";

export class Guacd {
  /** Where it listens, on loopback. */
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  /** @param wanted the port to listen on, 0 for any; so that a stopped guacd can come back where it was */
  static async start(parts: Parts, wanted = 0): Promise<Guacd> {
    const port = await freePort(wanted);
    const command = parts.command("usr/sbin/guacd", ["-f", "-b", "127.0.0.1", "-l", String(port), "-L", "info"]);
    const program = new Program({ name: "guacd", command });
    try {
      await program.line(/Listening on host/);
      // it says so a moment before it is true
      await connectable(port);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return new Guacd(program, port);
  }

  /** Resolves when guacd is gone. */
  get ended(): Promise<number | null> {
    return this.#program.exited;
  }

  /** guacd's last lines of log. */
  get log(): string {
    return this.#program.tail;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
