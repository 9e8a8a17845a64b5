import t from "tap";
import { buttonMask, keysym, millis } from "../../gateway/core/units.ts";
import { Listener } from "./listener.ts";

t.test("a sever waits until nothing is pressed, and what comes behind it counts as behind it", (t) => {
  const listener = new Listener(2);
  const moves = (): void => listener.pointer(millis(0), 1, 1, buttonMask(0));
  listener.key(millis(0), keysym(0x61), true);
  moves();
  t.equal(listener.verdict, "allow", "a key is down");
  listener.key(millis(0), keysym(0x61), false);
  moves();
  t.match(listener, { verdict: "sever", before: 3 });
  const { severedAt } = listener;
  moves();
  listener.key(millis(0), keysym(0x61), true);
  t.match(listener, { before: 3, severedAt });
  t.end();
});
