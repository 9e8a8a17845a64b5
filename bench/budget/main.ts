/**
 * `npm run budget -- FOLDER`: how often the genuine are held, over a day and more of sessions put together from a folder's
 * sets, and how soon somebody else is, enrolled on the same farm or not.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { defaultPolicyFile, loadPolicy } from "../../gateway/policy/policy-file.ts";
import { Background } from "../../models/background.ts";
import { seeded } from "../../models/metrics.ts";
import { caught, judge, type Judged, summary, termsOf } from "./outcome.ts";
import { farmsOf, readPeople } from "./people.ts";
import { costOf, search } from "./search.ts";
import { type Kind, streams } from "./streams.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    background: { type: "string" },
    typists: { type: "string", default: "pace,aalto/a14*" },
    hands: { type: "string", default: "mauth" },
    pairs: { type: "string", default: "8" },
    takeovers: { type: "string", default: "3" },
    farm: { type: "string", default: "18" },
    without: { type: "string" },
    most: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    search: { type: "string" },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write(
    "usage: npm run budget -- FOLDER [--typists pace,aalto/a14*] [--hands mauth] [--pairs 8] [--takeovers 3] [--farm 18] [--without pointer|keyboard] [--search TRIES]\n",
  );
  process.exit(2);
}
const background = values.background === undefined ? Background.load() : Background.load(values.background);
const terms = termsOf(loadPolicy(defaultPolicyFile), background.facts.peaks);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const line = (cells: readonly (string | number)[]): void => say(`| ${cells.join(" | ")} |`);

/** `pace,aalto/a14*` as sets and the people wanted of each. */
function groups(list: string): { set: string; wanted: string[] }[] {
  const sets = new Map<string, string[]>();
  for (const part of list.split(",")) {
    const [set] = part.split("/");
    const wanted = sets.get(set) ?? [];
    if (part.includes("/")) wanted.push(part);
    sets.set(set, wanted);
  }
  return [...sets].map(([set, wanted]) => ({ set, wanted }));
}

const size = Number(values.farm);
const fewestToPart = 14;
const read = (list: string, part: "keyboard" | "pointer") =>
  groups(list).map(({ set, wanted }) => {
    const people = readPeople(join(folder, set), part, wanted, Number(values.most));
    // Where they are few, farms of half their number leave strangers; where they are very few, nobody is one.
    const farm = Math.min(size, people.length < fewestToPart ? people.length : Math.ceil(people.length / 2));
    return { set, farms: farmsOf(background, people, farm) };
  });
const typists = read(values.typists, "keyboard");
const hands = read(values.hands, "pointer");
const random = seeded(Number(values.seed));
const plan = { hands: Number(values.pairs), takeovers: Number(values.takeovers), random };
const all: { pair: string; judged: Judged[] }[] = [];
for (const typing of typists)
  for (const pointing of hands) {
    const pair = `${typing.set} x ${pointing.set}`;
    const judged: Judged[] = [];
    for (const stream of streams(typing.farms, pointing.farms, plan)) {
      const evidence = stream.evidence.filter(({ modality }) => modality !== values.without);
      judged.push(judge({ ...stream, evidence }, terms));
    }
    all.push({ pair, judged });
  }

const of = (judged: readonly Judged[], kind: Kind): Judged[] => judged.filter(({ stream }) => stream.kind === kind);
say(`limits: ${JSON.stringify(terms.thresholds)}\n`);
line([
  "genuine sessions",
  "typists",
  "hours",
  "false quarantines",
  "in 8 h",
  "95 % bound",
  "over people",
  "false severs",
  "an hour at most",
]);
line(Array.from({ length: 9 }, () => "---"));
const total = { pair: "all", judged: all.flatMap(({ judged }) => judged) };
for (const { pair, judged } of [...all, total]) {
  const s = summary(of(judged, "genuine"));
  line([
    pair,
    s.people,
    s.hours.toFixed(1),
    s.falseQuarantines,
    s.perEightHours.toFixed(2),
    s.bound.toFixed(2),
    s.boundOverPeople.toFixed(2),
    s.falseSevers,
    s.seversPerHourBound.toFixed(3),
  ]);
}
say("");
line(["takeovers", "by", "number", "caught %", "median s", "90th percentile s"]);
line(Array.from({ length: 6 }, () => "---"));
for (const { pair, judged } of [...all, total])
  for (const kind of ["colleague", "stranger", "impostor"] as const) {
    const c = caught(of(judged, kind));
    if (c.takeovers > 0)
      line([pair, kind, c.takeovers, (100 * c.share).toFixed(1), c.median.toFixed(0), c.p90.toFixed(0)]);
  }
const mouse = summary(of(total.judged, "other-mouse"));
say(`\nthe agent with another mouse from the start: ${mouse.falseQuarantines} held in ${mouse.hours.toFixed(1)} hours`);
const { who } = summary(of(total.judged, "genuine"));
say(`\nfalse quarantines by typist: ${who.map(([id, count]) => `${id} ${count}`).join(", ") || "none"}`);

if (values.search !== undefined) {
  const half = (which: number) => total.judged.map(({ stream }) => stream).filter((stream) => stream.half === which);
  const wanted = 8 * loadPolicy(defaultPolicyFile).budget.falseQuarantinesPerHour;
  for (const chosenOn of [0, 1]) {
    const found = search(half(chosenOn), wanted, Number(values.search), Number(values.seed));
    say(`\nchosen on half ${chosenOn}: ${JSON.stringify(found)}`);
    say(
      `on the other half: ${JSON.stringify({ ...costOf(half(1 - chosenOn), found.options, wanted), options: undefined })}`,
    );
  }
}
