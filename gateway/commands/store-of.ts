/** The store that a configuration names, opened for a command. */
import type { Config } from "../../config/schema.ts";
import { SamehandError } from "../core/errors.ts";
import { Tally } from "../core/tally.ts";
import { storeOptions } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";

/** A command waits for what a running gateway writes, ms: no session waits with it. */
const patience = 5000;

/**
 * Its `close` throws `store-unavailable` where something was not written, such as the entry in the audit chain: a gateway
 * tries again, a command that says all is well would be the last to know.
 * @throws SamehandError `store-unavailable`, `store-corrupt`, `key-invalid`
 */
export function storeOf(config: Config): Store {
  const tally = new Tally();
  const store = openStore({ ...storeOptions(config), busyMillis: patience, tally });
  const close = store.close.bind(store);
  store.close = () => {
    const { problem } = store;
    close();
    if (store.waiting + tally.writesGivenUp === 0) return;
    throw new SamehandError(
      "store-unavailable",
      `${problem?.detail ?? config.store}: not all was written; the audit may lack it`,
    );
  };
  return store;
}
