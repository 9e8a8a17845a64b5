import t, { type Test } from "tap";
import { systemClock } from "../core/clock.ts";
import { silentLog } from "../core/log.ts";
import { epochMillis } from "../core/units.ts";
import type { AuditEntry } from "../store/audit-entry.ts";
import type { DeliveryState } from "../store/deliveries.ts";
import { type Carrier, Refused } from "./carrier.ts";
import { Courier } from "./courier.ts";
import { noticeOf } from "./notice.ts";

const entryOf = (seq: number): AuditEntry => ({
  seq,
  at: epochMillis(seq),
  actor: "gateway",
  action: "verdict.alert",
  session: null,
  agent: null,
  why: "",
  detail: {},
  previous: "",
  hash: String(seq),
});

/** A courier of a chain of a hundred entries, of which the receiver has none. */
function courierOf(t: Test, carry: Carrier["carry"]) {
  let state: DeliveryState = { seq: 0, dead: [], told: "" };
  const chain = Array.from({ length: 100 }, (_, index) => entryOf(index + 1));
  const courier = new Courier({
    receiver: "siem",
    carrier: { most: 100, carry, close: () => {} },
    deliveries: { state: () => state, keep: (_receiver, next) => void (state = next), retry: () => 0 },
    entries: (after, most) => chain.filter(({ seq }) => seq > after).slice(0, most),
    newest: () => chain.length,
    notice: (entry) => noticeOf(entry, "farm", null),
    log: silentLog,
    clock: systemClock,
    graceMillis: 5,
  });
  t.teardown(() => courier.stop());
  return { courier, at: () => state.seq };
}

t.test("stopping within a refused batch begins no other attempt, and gives up the one that is under way", async (t) => {
  const single = Promise.withResolvers<void>();
  let attempts = 0;
  const { courier, at } = courierOf(t, (notices, cut) => {
    if (notices.length > 1) return Promise.reject(new Refused("HTTP 413"));
    if (++attempts < 4) return Promise.resolve();
    single.resolve();
    return new Promise((_resolve, reject) => cut?.addEventListener("abort", () => reject(new Error("cut"))));
  });
  courier.start();
  await single.promise;
  await courier.stop();
  t.equal(attempts, 4);
  t.equal(at(), 3, "what was taken is known, and the rest is sent after the next start");
  t.equal(courier.failures, 0, "the receiver did not fail");
});

t.test("another carrier takes over within a refused batch", async (t) => {
  const taken = Promise.withResolvers<number>();
  const { courier } = courierOf(t, (notices) => {
    if (notices.length > 1) return Promise.reject(new Refused("HTTP 413"));
    courier.use({
      most: 100,
      carry: (rest) => Promise.resolve(taken.resolve(rest.length)),
      close: () => {},
    });
    return Promise.resolve();
  });
  courier.start();
  t.equal(await taken.promise, 99);
});
