/** The gateway's own relay with a judge that only listens: what is left when nothing is inspected. */
import type { Watch } from "../../gateway/core/session.ts";
import { systemClock } from "../../gateway/core/clock.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, millis } from "../../gateway/core/units.ts";
import { defaultLimits, defaultNotice, defaultTimeouts } from "../../gateway/proxy/options.ts";
import { Proxy } from "../../gateway/proxy/proxy.ts";
import { serveCalls } from "../parts/part.ts";

const watch: Watch = {
  verdict: "allow",
  decision: {
    at: millis(0),
    verdict: "allow",
    wouldBe: "allow",
    mode: "report",
    trust: 100,
    rule: "none",
    reasons: [],
    keystrokes: 0,
    actions: 0,
  },
  key() {},
  pointer() {},
  roundTrip() {},
  tick() {},
  stalled() {},
  close() {},
};

async function listen(guacd: number, tls: { key: string; cert: string } | null): Promise<number> {
  const proxy = new Proxy({
    options: {
      listen: { host: "127.0.0.1", port: 0, tls, origins: [] },
      guacd: [{ host: "127.0.0.1", port: guacd, tls: null }],
      pages: new Map(),
      limits: { ...defaultLimits, connectionsPerAddress: defaultLimits.connections },
      timeouts: defaultTimeouts,
      notice: defaultNotice,
    },
    judge: { open: async () => watch },
    /** The token is the session's number. */
    tokens: {
      open: async (token) => ({
        agent: agentName("bench"),
        connection: "bench",
        target: { protocol: "vnc" },
        settings: { hostname: `s${token}`, port: "5900" },
      }),
    },
    tally: new Tally(),
    log: silentLog,
    clock: systemClock,
  });
  return (await proxy.listen()).port;
}

serveCalls({
  async start({ guacd, key, cert }: { guacd: number; key: string; cert: string }) {
    return { plain: await listen(guacd, null), tls: await listen(guacd, { key, cert }) };
  },
});
