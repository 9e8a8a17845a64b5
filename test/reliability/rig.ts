/** A whole gateway in this process, in front of a guacd without a desktop: store, judge, proxy and metrics are real. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../gateway/core/clock.ts";
import { newKeyLine } from "../../gateway/core/key-ring.ts";
import { type Log, silentLog } from "../../gateway/core/log.ts";
import { epochMillis, type SessionId, sessionId } from "../../gateway/core/units.ts";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import { issueSamehandToken } from "../../gateway/proxy/token/samehand-token.ts";
import { tokenKeys } from "../../gateway/settings.ts";
import { FakeGuacd, type FakeUser } from "../fixtures/fake-guacd.ts";
import { TestViewer } from "../fixtures/proxy-bench.ts";

export interface RigOptions {
  /** Laid over the configuration, as in `samehand.yaml`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A configuration's folder with new keys, and the text of a configuration in front of a guacd. */
export function writeFolder(guacdPort: number, changes: Readonly<Record<string, unknown>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "samehand-reliability-"));
  for (const name of ["samehand.keys", "samehand.token-keys"])
    writeFileSync(join(folder, name), `${newKeyLine(new Date())}\n`, { mode: 0o600 });
  writeFileSync(join(folder, "samehand.yaml"), configuration(guacdPort, changes));
  return folder;
}

export function configuration(guacdPort: number, changes: Readonly<Record<string, unknown>> = {}): string {
  return stringify({
    mode: "enforce",
    listen: { port: 0 },
    metrics: { port: 0 },
    admin: { port: 0 },
    guacd: [{ host: "127.0.0.1", port: guacdPort }],
    connections: { desk: { protocol: "vnc", settings: { hostname: "127.0.0.1", port: 5900 } } },
    drainSeconds: 0,
    ...changes,
  });
}

export interface Session {
  readonly viewer: TestViewer;
  /** guacd's end of it. */
  readonly user: FakeUser;
  readonly id: SessionId;
}

export class Rig {
  readonly guacd: FakeGuacd;
  readonly folder: string;
  readonly config: Config;
  readonly gateway: Gateway;
  readonly #clock: Clock | undefined;
  #marks = 0;

  private constructor(guacd: FakeGuacd, folder: string, config: Config, gateway: Gateway, clock: Clock | undefined) {
    this.guacd = guacd;
    this.folder = folder;
    this.config = config;
    this.gateway = gateway;
    this.#clock = clock;
  }

  static async start({ config = {}, clock, log = silentLog }: RigOptions = {}): Promise<Rig> {
    const guacd = await FakeGuacd.start();
    const folder = writeFolder(guacd.port, config);
    const file = join(folder, "samehand.yaml");
    const parsed = parseConfig(configuration(guacd.port, config), file, {}).config;
    const gateway = await startGateway(parsed, { log, ...(clock === undefined ? {} : { clock }) });
    return new Rig(guacd, folder, parsed, gateway, clock);
  }

  token(agent: string, seconds = 60): Promise<string> {
    const expires = epochMillis((this.#clock?.wall() ?? Date.now()) + seconds * 1000);
    return issueSamehandToken({ agent, connection: "desk", expires }, tokenKeys(this.config));
  }

  async viewer(agent: string): Promise<TestViewer> {
    return viewerAt(this.gateway.tunnelUrl, await this.token(agent));
  }

  /** A session that stands. */
  async session(agent: string): Promise<Session> {
    return this.sessionOf(await this.token(agent));
  }

  /** Several may be opened at a time: each is known by the connection's id, which is its own. */
  async sessionOf(token: string): Promise<Session> {
    const viewer = viewerAt(this.gateway.tunnelUrl, token);
    const known = new Set(this.guacd.users);
    const opened = viewer.saw("0.,36.").then(() => true);
    if (!(await Promise.race([opened, viewer.closed.then(() => false)]))) {
      const { code, reason } = await viewer.closed;
      throw new Error(`the session was refused: ${code} ${reason}`);
    }
    const id = sessionId(/0\.,36\.([0-9a-f-]{36});/.exec(viewer.text)?.[1] ?? "");
    // an instruction that no other session sends finds the other end
    const mark = `4.sync,12.${String(1e11 + this.#marks++)};`;
    viewer.send(mark);
    let user: FakeUser | undefined;
    await until(() => {
      user = this.guacd.users.find((each) => !known.has(each) && each.received.includes(mark));
      return user !== undefined;
    }, "guacd's end of the session");
    user!.received = "";
    return { viewer, user: user!, id };
  }

  async stop(): Promise<void> {
    await this.gateway.close();
    await this.guacd.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function viewerAt(tunnelUrl: string, token: string): TestViewer {
  return new TestViewer(
    `${tunnelUrl}?${new URLSearchParams({ token, GUAC_WIDTH: "1024", GUAC_HEIGHT: "768" }).toString()}`,
  );
}

/** A key's press and release as the stock client sends them: two messages. */
export function press(viewer: TestViewer, keysym: number): void {
  const text = String(keysym);
  viewer.send(`3.key,${text.length}.${text},1.1;`);
  viewer.send(`3.key,${text.length}.${text},1.0;`);
}

/** Waits until `fits`, looking every few milliseconds. @throws Error after `timeout` ms */
export async function until(fits: () => boolean, what: string, timeout = 30_000): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!fits()) {
    if (performance.now() > deadline) throw new Error(`${what}: not in ${timeout} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
