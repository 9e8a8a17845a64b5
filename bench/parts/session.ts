/** One session without a socket: a viewer's frames go in, and what guacd would be sent is counted. */
import type { Socket } from "node:net";
import { systemClock } from "../../gateway/core/clock.ts";
import { silentLog } from "../../gateway/core/log.ts";
import type { Watch } from "../../gateway/core/session.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, epochMillis, sessionId } from "../../gateway/core/units.ts";
import { defaultLimits, defaultNotice, defaultTimeouts, type ProxyOptions } from "../../gateway/proxy/options.ts";
import { Output } from "../../gateway/proxy/output.ts";
import type { Target, TargetOwner } from "../../gateway/proxy/target.ts";
import { Tunnel } from "../../gateway/proxy/tunnel.ts";
import { WebSocketViewer } from "../../gateway/proxy/websocket-viewer.ts";
import { ServerScanner } from "../../gateway/protocol/guacamole/server-scanner.ts";

const plenty = 1e12;
const options: ProxyOptions = {
  listen: { host: "127.0.0.1", port: 0, tls: null, origins: [] },
  guacd: [],
  pages: new Map(),
  enforcing: true,
  webapp: null,
  limits: {
    ...defaultLimits,
    bytesPerSecond: plenty,
    byteBurst: plenty,
    instructionsPerSecond: plenty,
    instructionBurst: plenty,
  },
  timeouts: defaultTimeouts,
  notice: defaultNotice,
};

/** Takes everything at once. */
class Sink implements Target {
  readonly scanner = new ServerScanner();
  readonly connectionId = "$bench";
  readonly tunnelId = "";
  readonly connecting = false;
  readonly waiting = 0;
  readonly #owner: TargetOwner;
  writes = 0;
  bytes = 0;

  constructor(owner: TargetOwner) {
    this.#owner = owner;
  }

  write(bytes: Uint8Array | string): boolean {
    this.writes += 1;
    this.bytes += bytes.length;
    this.#owner.flushed();
    return false;
  }

  taken(): void {}
  trim(): void {}
  end(): void {}
}

/** A socket that says nothing and takes everything. */
const socket = {
  writableLength: 0,
  readableLength: 0,
  setTimeout() {},
  setNoDelay() {},
  on() {},
  write: () => true,
} as unknown as Socket;

/** @returns what takes a read of the viewer's socket (and changes it), and the target behind the session */
export async function openSession(watch: Watch): Promise<{ hear: (read: Buffer) => void; target: Sink }> {
  let viewer: WebSocketViewer | undefined;
  let target: Sink | undefined;
  const tunnel = new Tunnel(
    { id: sessionId("bench"), agent: agentName(""), connection: "", startedAt: epochMillis(0), address: "" },
    { width: 1024, height: 768, dpi: 96, timezone: "", audio: [], video: [], image: [] },
    {
      options,
      judge: { open: async () => watch },
      tokens: { open: async () => Promise.reject(new Error("no token")) },
      tally: new Tally(),
      log: silentLog,
      clock: systemClock,
      output: new Output(65_536),
      late: () => false,
      shared() {},
      ended() {},
    },
    (owner) => (viewer = new WebSocketViewer(socket, owner, systemClock, 65_536)),
  );
  await tunnel.open(async () => ({
    ticket: { agent: agentName("bench"), connection: "", target: { protocol: "vnc" }, settings: {} },
    opening: () => ({ more: false, guacd: null, connect: (owner) => (target = new Sink(owner)) }),
  }));
  tunnel.ready();
  return { hear: (read) => viewer!.begin(read), target: target! };
}
