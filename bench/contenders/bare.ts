/** The gateway's own relay with a judge that only listens: what is left when nothing is inspected. */
import { systemClock } from "../../gateway/core/clock.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName } from "../../gateway/core/units.ts";
import { defaultLimits, defaultNotice, defaultTimeouts } from "../../gateway/proxy/options.ts";
import { Proxy } from "../../gateway/proxy/proxy.ts";
import { Listener } from "../parts/listener.ts";
import { serveCalls } from "../parts/part.ts";

/** By session number. */
const watches = new Map<number, Listener>();
let severAt = Infinity;

async function listen(guacd: number, tls: { key: string; cert: string } | null): Promise<number> {
  const proxy = new Proxy({
    options: {
      listen: { host: "127.0.0.1", port: 0, tls, origins: [] },
      guacd: [{ host: "127.0.0.1", port: guacd, tls: null }],
      pages: new Map(),
      enforcing: true,
      webapp: null,
      limits: { ...defaultLimits, connectionsPerAddress: defaultLimits.connections },
      timeouts: defaultTimeouts,
      notice: defaultNotice,
    },
    judge: {
      async open(ticket) {
        const watch = new Listener(severAt);
        watches.set(Number(ticket.connection), watch);
        return watch;
      },
    },
    /** The token is the session's number. */
    tokens: {
      open: async (token) => ({
        agent: agentName("bench"),
        connection: token,
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
  /** From now on each session is severed from its nth input event on; null for never. */
  sever({ at }: { at: number | null }) {
    severAt = at ?? Infinity;
    watches.clear();
  },
  verdicts: () => [...watches].map(([number, { severedAt, before }]) => ({ number, at: severedAt, before })),
  async start({ guacd, key, cert }: { guacd: number; key: string; cert: string }) {
    return { plain: await listen(guacd, null), tls: await listen(guacd, { key, cert }) };
  },
});
