import t from "tap";
import { drawnAgain, losses, plain, runs, swept } from "./looks.ts";
import { lossesOf, overviewOf, type Told } from "./overview.ts";

const sets = ["aalto", "balabit", "freihaut", "mauth", "pace", "sapimouse", "takeover"];
const at100 = (eer: number): Told => ({
  amounts: [{ unit: "keys", value: 100, eer, eerMean: eer / 10, auc: 0.99 }],
  takeovers: null,
});

t.test("each table has a name of its own, and what is compared is among them", (t) => {
  const looks = [...plain(sets), ...swept(sets), ...drawnAgain(sets)];
  const options = new Map<string, string>();
  for (const { name, options: given } of looks) {
    // The first draw is what is drawn where none is named.
    const told = given.join(" ").replace(" --draw 1", "");
    t.equal(options.get(name) ?? told, told, name);
    options.set(name, told);
  }
  for (const { name } of runs) t.notOk(options.has(name), name);
  t.equal(new Set(runs.map(({ name }) => name)).size, runs.length);
  for (const { clean, draws } of losses) for (const name of [clean, ...draws]) t.ok(options.has(name), name);
  t.ok(
    plain(["pace"]).every(({ set, prior, halves }) => set === "pace" && !prior && !halves),
    "only sets that are there",
  );
  t.end();
});

t.test("several draws are told as their mean and span beside what was recorded", (t) => {
  const told = new Map([
    ["x", at100(0.5)],
    ["x-a", at100(1)],
    ["x-b", at100(2)],
  ]);
  const draws = ["x-a", "x-b", "x-not-run"];
  t.match(
    lossesOf([{ clean: "x", through: "20 ms", draws }], told),
    "| x | 20 ms | EER % at 100 keys | 0.50 | 1.50 (1.00 to 2.00 of 2) | 1.00 |",
  );
  t.equal(lossesOf([{ clean: "x", through: "20 ms", draws: ["x-a"] }], told), "", "one draw has no span");
  t.match(overviewOf(told), "| x-b |  | 2.00 / 0.20 |");
  t.equal(overviewOf(new Map()), "");
  t.end();
});
