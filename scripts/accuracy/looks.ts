/** What `npm run accuracy` runs: which set, which of its people, through what, and with which background. */

/** One table: a set, and how it is looked at. */
export interface Look {
  readonly name: string;
  readonly set: string;
  readonly options: readonly string[];
  /** Sets that a prior is made of, where the shipped background knows the people of this one. */
  readonly prior?: readonly string[];
  /** Sets to train on besides the other half of the people, who are tested by halves. */
  readonly halves?: readonly string[];
}

/** A look clean, and the same through several draws of delays: what is lost is told of their mean. */
export interface Loss {
  readonly clean: string;
  readonly through: string;
  readonly draws: readonly string[];
}

const only = (...people: readonly string[]): string[] => people.flatMap((person) => ["--only", person]);
/** Some people, of whom each claims to be each, without colleagues. */
const eachAsEach = (...people: readonly string[]): string[] => [...only(...people), "--everybody", "--farm", "off"];
/** Two hundred of the three hundred people of aalto whom the shipped background does not know. */
const strangers = eachAsEach("a14*", "a15*");
/** The first hundred of them, a quarter of the work: for the sweep. */
const hundred: Look = { name: "aalto-a14", set: "aalto", options: eachAsEach("a14*") };
const paceStrangers = eachAsEach("p00*", "p010", "p011", "p012", "p013", "p014");
const throttled = only("user12", "user15", "user16", "user21", "user23", "user29", "user35");

/** The keyboard of a prior is of no matter to hands: pace's typists make one, without a network, so that it takes seconds. */
const special: readonly Look[] = [
  { name: "aalto-strangers", set: "aalto", options: strangers },
  { name: "pace-alone", set: "pace", options: ["--farm", "off"] },
  { name: "pace-strangers", set: "pace", options: paceStrangers },
  { name: "balabit-prior", set: "balabit", options: [], prior: ["sapimouse", "mauth", "pace"] },
  { name: "balabit-prior-throttled", set: "balabit", options: throttled, prior: ["sapimouse", "mauth", "pace"] },
  { name: "sapimouse-halves", set: "sapimouse", options: [], halves: ["balabit", "pace"] },
];

const jitter = (mean: number): string[] => ["--jitter", `exp:${mean}`];

const disturbed: readonly (readonly [string, readonly string[]])[] = [
  ["jitter-10", jitter(10)],
  ["jitter-20", jitter(20)],
  ["jitter-50", jitter(50)],
  ["stalls", ["--stalls"]],
  ["control-identities", ["--control", "identities"]],
  ["control-times", ["--control", "times"]],
  ["control-shapes", ["--control", "shapes"]],
];

/** Through what, how many draws, and of which looks: those that a goal is for, and what tells more of the keyboard. */
const drawn: readonly { readonly of: string; readonly through: string; readonly options: readonly string[] }[] = [
  ...["aalto-strangers", "freihaut", "pace-alone", "takeover", "sapimouse-halves"].map((of) => ({
    of,
    through: "jitter-20",
    options: jitter(20),
  })),
  { of: "sapimouse-halves", through: "probes-jitter-20", options: [...jitter(20), "--clean-enrolment"] },
];
const draws = [1, 2, 3, 4, 5];

const possible = (looks: readonly Look[], sets: readonly string[]): Look[] =>
  looks.filter(({ set, prior = [], halves = [] }) => [set, ...prior, ...halves].every((name) => sets.includes(name)));

/** Every set as a farm, and some with people whom no background knows. */
export const plain = (sets: readonly string[]): Look[] => [
  ...sets.map((set) => ({ name: set, set, options: [] })),
  ...possible(special, sets),
];

/** Every set through jitter and stalls and as controls; of aalto a hundred people only, or it would take an hour. */
export function swept(sets: readonly string[]): Look[] {
  const some = possible([hundred], sets);
  const farms = [...plain(sets).filter(({ name }) => sets.includes(name) && name !== "aalto"), ...some];
  return [...some, ...disturbed.flatMap(([name, options]) => farms.map((look) => through(look, name, options)))];
}

/** What the goals for jitter are told from: the same people through several draws of delays. */
export function drawnAgain(sets: readonly string[]): Look[] {
  return drawn.flatMap(({ of, through: name, options }) => {
    const look = plain(sets).find((each) => each.name === of);
    return look === undefined
      ? []
      : draws.map((draw) => through(look, drawName(name, draw), [...options, "--draw", String(draw)]));
  });
}

/** The first draw is what is drawn where nothing is said, and has the name of such a look. */
const drawName = (name: string, draw: number): string => (draw === 1 ? name : `${name}-draw-${draw}`);

const through = (look: Look, name: string, options: readonly string[]): Look => ({
  ...look,
  name: `${look.name}-${name}`,
  options: [...look.options, ...options],
});

/** What to compare: each look that is drawn several times beside itself as recorded. */
export const losses: readonly Loss[] = drawn.map(({ of, through: name }) => ({
  clean: of,
  through: name,
  draws: draws.map((draw) => `${of}-${drawName(name, draw)}`),
}));

/** A program of the bench whose tables docs/ACCURACY.md has too. */
export interface Run {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const budget = ["--takeovers", "2", "--most", "60"];
const small = (typists: string, hands: string, farm: number): Run => ({
  name: `budget-farm-${farm}-${typists.replaceAll(/[,/*]+/g, "-").replace(/-$/, "")}-${hands}`,
  program: "bench/budget/main.ts",
  args: ["FOLDER", ...budget, "--typists", typists, "--hands", hands, "--farm", String(farm)],
});

/** FOLDER stands for the folder of the sets. */
export const runs: readonly Run[] = [
  {
    name: "budget",
    program: "bench/budget/main.ts",
    args: ["FOLDER", ...budget, "--typists", "pace,freihaut,aalto/a14*", "--hands", "mauth,sapimouse,balabit"],
  },
  small("pace,freihaut,aalto/a14*", "mauth", 5),
  small("pace", "balabit", 5),
  ...[3, 2, 1].map((farm) => small("pace", "mauth", farm)),
  ...["pace", "freihaut", "mauth", "balabit"].map((set) => ({
    name: `poisoning-${set}`,
    program: "bench/poisoning/main.ts",
    args: [`FOLDER/${set}`, "--agents", "12"],
  })),
  ...["pace", "freihaut"].map((set) => ({
    name: `poisoning-${set}-later`,
    program: "bench/poisoning/main.ts",
    args: [`FOLDER/${set}`, "--agents", "12", "--later", "--attacks", "none"],
  })),
  { name: "cost", program: "bench/cost.ts", args: ["FOLDER"] },
];
