/** The gateway's own relay with a judge that only listens: what is left when nothing is inspected. */
import { systemClock } from "../../gateway/core/clock.ts";
import { silentLog } from "../../gateway/core/log.ts";
import type { Watch } from "../../gateway/core/session.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, millis } from "../../gateway/core/units.ts";
import type { Decision, Verdict } from "../../gateway/core/verdict.ts";
import { defaultLimits, defaultNotice, defaultTimeouts } from "../../gateway/proxy/options.ts";
import { Proxy } from "../../gateway/proxy/proxy.ts";
import { serveCalls } from "../parts/part.ts";
import { nanoseconds } from "../parts/wire.ts";

const decision: Decision = {
  at: millis(0),
  verdict: "allow",
  wouldBe: "allow",
  mode: "report",
  trust: 100,
  rule: "none",
  reasons: [],
  keystrokes: 0,
  actions: 0,
};

/** Hears everything and says nothing, or severs at the nth event and notes when. */
class Listener implements Watch {
  verdict: Verdict = "allow";
  readonly decision = decision;
  severedAt = 0;
  #left: number;

  constructor(severAt: number) {
    this.#left = severAt;
  }

  key(): void {
    this.#count();
  }

  pointer(): void {
    this.#count();
  }

  roundTrip(): void {}
  tick(): void {}
  stalled(): void {}
  close(): void {}

  #count(): void {
    if (--this.#left !== 0) return;
    this.severedAt = nanoseconds();
    this.verdict = "sever";
  }
}

/** By session number. */
const watches = new Map<number, Listener>();
let severAt = 0;

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
  /** From now on each session is severed at its nth input event; 0 for never. */
  sever({ at }: { at: number }) {
    severAt = at;
    watches.clear();
  },
  verdicts: () => [...watches].map(([number, { severedAt }]) => ({ number, at: severedAt })),
  async start({ guacd, key, cert }: { guacd: number; key: string; cert: string }) {
    return { plain: await listen(guacd, null), tls: await listen(guacd, { key, cert }) };
  },
});
