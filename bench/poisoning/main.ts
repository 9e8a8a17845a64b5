/**
 * `npm run poisoning -- SET`: recorded people move into others' profiles by small steps over many sessions, through the live
 * judge and a real store, and what passes for the agent is measured before and after.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { openSet } from "../../gateway/offline/set.ts";
import { attacks, type Attack, type Outcome, type Passed, Siege } from "./siege.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: "string", default: "20" },
    agents: { type: "string", default: "20" },
    attacks: { type: "string", default: Object.keys(attacks).join(",") },
    later: { type: "boolean", default: false },
    device: { type: "boolean", default: false },
  },
});
const [directory] = positionals;
if (directory === undefined) {
  process.stderr.write(
    "usage: npm run poisoning -- SET [--sessions 20] [--agents 20] [--later] [--device] [--attacks none,mixed,...]\n" +
      "--later: the sessions are made of the first half of the later recordings, and windows counted in the second\n" +
      "--device: each agent has another device that was confirmed, and uses it every second session\n",
  );
  process.exit(2);
}
const set = openSet(directory);
const [sessions, most] = [Number(values.sessions), Number(values.agents)];
const line = (cells: readonly (string | number)[]): void => void process.stdout.write(`| ${cells.join(" | ")} |\n`);
const rate = ({ passed, windows }: Passed): number => passed / Math.max(1, windows);

process.stdout.write(`${set.name}, ${sessions} sessions, impostor's windows that speak for the agent\n\n`);
line([
  "attack",
  "agents",
  "windows",
  "before %",
  "after %",
  "ratio",
  "mean LLR before",
  "after",
  "own windows, before %",
  "after %",
  "taken in",
  "by the device",
  "the device's windows, before %",
  "after %",
]);
line(Array.from({ length: 14 }, () => "---"));
const wanted = values.attacks.split(",");
for (const attack of (Object.keys(attacks) as Attack[]).filter((each) => wanted.includes(each))) {
  const siege = await Siege.lay(set, most, values.later, values.device);
  try {
    const results: Outcome[] = [];
    for (const agent of siege.agents) results.push(await siege.attack(agent, attack, sessions));
    const sum = (pick: (result: Outcome) => Passed): Passed =>
      results.map(pick).reduce((all, each) => ({
        passed: all.passed + each.passed,
        windows: all.windows + each.windows,
        llr: all.llr + each.llr,
      }));
    const [before, after] = [sum((each) => each.before), sum((each) => each.after)];
    const [own, ownAfter] = [sum((each) => each.own), sum((each) => each.ownAfter)];
    const percent = (of: Passed): string => (100 * rate(of)).toFixed(2);
    line([
      attacks[attack],
      results.length,
      before.windows,
      percent(before),
      percent(after),
      (rate(after) / rate(before)).toFixed(2),
      (before.llr / before.windows).toFixed(2),
      (after.llr / after.windows).toFixed(2),
      percent(own),
      percent(ownAfter),
      results.reduce((all, { learned }) => all + learned, 0),
      results.reduce((all, { learnedDevice }) => all + learnedDevice, 0),
      percent(sum((each) => each.device)),
      percent(sum((each) => each.deviceAfter)),
    ]);
  } finally {
    await siege.end();
  }
}
