import { Writable } from "node:stream";
import type { ServerResponse } from "node:http";
import t from "tap";
import { systemClock } from "../core/clock.ts";
import { silentLog } from "../core/log.ts";
import { Events, type EventParts } from "./events.ts";

t.test("a look that fails is made again, and ends nothing", async (t) => {
  let looks = 0;
  const again = Promise.withResolvers<void>();
  const told: string[] = [];
  const parts = {
    live: {
      list() {
        looks += 1;
        if (looks === 2) return Promise.reject(new Error("a fault"));
        if (looks === 3) again.resolve();
        return Promise.resolve({ sessions: [], silent: 0 });
      },
    },
    store: { onChange: () => () => {} },
    words: String,
    mode: () => "enforce",
    clock: systemClock,
    log: { ...silentLog, error: (_: object, text: string) => void told.push(text) },
    lookMillis: 5,
  } as unknown as EventParts;
  const events = new Events(parts);
  t.teardown(() => events.close());
  const response = new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as ServerResponse;
  await events.listen(response, () => {});
  const alive = setInterval(() => {}, 1000);
  await again.promise;
  clearInterval(alive);
  t.same(told, ["the live sessions could not be looked at"]);
});
