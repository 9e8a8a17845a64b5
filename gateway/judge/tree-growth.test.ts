import t from "tap";
import { Background } from "../../models/background.ts";
import type { PointerStatistics } from "../../models/pointer/statistics.ts";
import { pointerProfile } from "../../test/parts/pointing.ts";
import { silentLog } from "../core/log.ts";
import type { AgentId } from "../store/store.ts";
import { TreeGrowth } from "./tree-growth.ts";

const background = Background.load();

t.test("trees are grown in a thread for an agent with enough actions, once until there are many more", async (t) => {
  const growth = new TreeGrowth(silentLog);
  t.teardown(() => growth.close());
  const profile = pointerProfile(background, 3, 300);
  const offer = (actions: number) =>
    new Promise<Uint8Array>((done) =>
      growth.offer({
        id: "anna" as AgentId,
        actions,
        background: () => background,
        profile: () => profile.encode(),
        done,
      }),
    );
  void offer(199).then(() => t.fail("too few actions"));
  const trees = await offer(1000);
  t.ok(trees.length > 200, `${trees.length} bytes of trees`);
  void offer(1100).then(() => t.fail("grown again too soon"));
});

t.test("an agent who is alone has no trees; they are grown again when there are twice as many others", async (t) => {
  const growth = new TreeGrowth(silentLog);
  t.teardown(() => growth.close());
  // Threads keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const profile = pointerProfile(background, 3, 300);
  const others = [5, 6, 7, 8].map((seed) => pointerProfile(background, seed, 100).anchor.pointer as PointerStatistics);
  const among = (count: number): Background =>
    count === 0
      ? background.alone()
      : background.withModels(background.keyboard, background.pointer.adaptToFarm(others.slice(0, count)));
  const offer = (count: number) =>
    new Promise<number>((done) =>
      growth.offer({
        id: "anna" as AgentId,
        actions: 1000,
        background: () => among(count),
        profile: () => profile.encode(),
        done: (trees, others) => {
          profile.grown(trees, others);
          done(others);
        },
      }),
    );
  void offer(0).then(() => t.fail("nobody to tell the agent from"));
  t.equal(await offer(2), 2);
  void offer(3).then(() => t.fail("grown again too soon"));
  t.equal(await offer(4), 4);
});

t.test(
  "trees of a profile that was taken back meanwhile are nobody's, and the agent's own are grown again",
  async (t) => {
    const growth = new TreeGrowth(silentLog);
    t.teardown(() => growth.close());
    const alive = setInterval(() => {}, 1000);
    t.teardown(() => clearInterval(alive));
    const profile = pointerProfile(background, 3, 80).encode();
    const grown: string[] = [];
    const offer = (of: string) =>
      new Promise<void>((done) =>
        growth.offer({
          id: "anna" as AgentId,
          actions: 1000,
          background: () => background,
          profile: () => profile,
          done: () => {
            grown.push(of);
            done();
          },
        }),
      );
    void offer("taken back");
    growth.forget("anna" as AgentId);
    await offer("as it is now");
    t.same(grown, ["as it is now"]);
  },
);
