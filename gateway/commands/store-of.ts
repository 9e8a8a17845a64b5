/** The store that a configuration names, opened for a command. */
import type { Config } from "../../config/schema.ts";
import { storeOptions } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import type { Store } from "../store/store.ts";

/** A command waits for what a running gateway writes, ms: no session waits with it. */
const patience = 5000;

/** @throws SamehandError `store-unavailable`, `store-corrupt`, `key-invalid` */
export const storeOf = (config: Config): Store => openStore({ ...storeOptions(config), busyMillis: patience });
