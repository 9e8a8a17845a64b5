/** Appends entries to a store's audit chain in a process of its own, beside others that do the same. */
import { parseKeyRing } from "../../gateway/core/key-ring.ts";
import { openStore } from "../../gateway/store/open-store.ts";

const [path = "", ring = "", name = "", count = "0"] = process.argv.slice(2);
const store = openStore({ path, keys: parseKeyRing(ring, "test"), pollMillis: 20 });
for (let number = 0; number < Number(count); number++)
  store.audit.note({ actor: "command-line:root", action: "test.written", why: `${name} ${number}` });
// What another held up is tried again, and given up by no orderly end.
while (store.waiting > 0) await new Promise((resolve) => setTimeout(resolve, 5));
store.close();
