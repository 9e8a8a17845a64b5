/** Whether the picture of a held session is fetched or kept is settled with the first look, whatever is found out later. */
import t from "tap";
import { silentLog } from "../../core/log.ts";
import { ApplicationOpening, Joins } from "./application-opening.ts";

const place = "0 postgresql";

t.test("a session that may be joined when its hold begins is joined when it ends", (t) => {
  const joins = new Joins();
  const opening = (): ApplicationOpening =>
    new ApplicationOpening({
      tunnel: { url: "ws://127.0.0.1:1/", headers: {}, joins: "", named() {}, signOut() {} },
      joining: (id) => `ws://127.0.0.1:1/${id}`,
      place,
      joins,
      log: silentLog,
    });
  const [held, calm] = [opening(), opening()];
  t.equal(held.fetch, undefined, "nobody has tried");
  joins.learn(place, true);
  t.type(held.fetch, "function", "the picture is let go, to be fetched at the end");
  joins.learn(place, false);
  t.type(held.fetch, "function", "and there is nothing else that could bring it back");
  t.equal(calm.fetch, undefined, "a session that was not held yet keeps its picture");
  t.end();
});
