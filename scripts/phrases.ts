/**
 * `npm run phrases -- SET [EVERY] [FROM]`: how the challenge's phrase would have gone for the people of a set of recordings,
 * with the shipped background and the default policy's limits. EVERY: of other people's claims only each so many. FROM: claims on
 * agents whose names come before it are left out.
 * The halves are of the claimed agents, by their place in the set: of some sets one half was in what the background
 * learned or was calibrated from, and the other was not (docs/ACCURACY.md).
 */
import process from "node:process";
import { type PhraseTrial, tryPhrases } from "../gateway/offline/phrases.ts";
import { phraseLimits } from "../gateway/policy/challenge.ts";
import { defaultPolicyFile, loadPolicy } from "../gateway/policy/policy-file.ts";
import { Background } from "../models/background.ts";

const [set, every = "1", from = ""] = process.argv.slice(2);
const { challenge, budget } = loadPolicy(defaultPolicyFile);
if (set === undefined || challenge === null) {
  process.stderr.write("usage: npm run phrases -- SET [EVERY] [FROM]\n");
  process.exit(2);
}
const { pass, fail } = phraseLimits(challenge, budget);
const trials = tryPhrases(set, Background.load(), Number(every), from);

/** How one phrase ends, and after how many keystrokes. */
function end({ llr, keystrokes }: PhraseTrial): { outcome: string; first: boolean; keystrokes: number } {
  for (const [index, value] of llr.entries())
    if (value >= pass || value <= fail)
      return { outcome: value >= pass ? "passes" : "fails", first: index === 0, keystrokes: keystrokes[index] };
  return { outcome: "undecided", first: false, keystrokes: keystrokes.at(-1) ?? 0 };
}

process.stdout.write(`limits: pass at ${pass.toFixed(2)}, fail at ${fail.toFixed(2)} nats\n\n`);
process.stdout.write(
  "| claims on | hand | claims | passes with the first words | passes | fails | undecided | keystrokes |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|---|\n");
const agents = [...new Set(trials.map(({ claimed }) => claimed))].sort();
const place = new Map(agents.map((agent, index) => [agent, index]));
const halves: Readonly<Record<string, (claimed: string) => boolean>> = {
  all: () => true,
  "even half": (claimed) => (place.get(claimed) ?? 0) % 2 === 0,
  "odd half": (claimed) => (place.get(claimed) ?? 0) % 2 === 1,
};
for (const [half, within] of Object.entries(halves)) for (const genuine of [true, false]) row(half, within, genuine);

function row(half: string, within: (claimed: string) => boolean, genuine: boolean): void {
  const ends = trials.filter((trial) => trial.genuine === genuine && within(trial.claimed)).map(end);
  const share = (wanted: (each: (typeof ends)[number]) => boolean): string =>
    `${((100 * ends.filter(wanted).length) / Math.max(1, ends.length)).toFixed(1)} %`;
  const typed = ends.reduce((sum, each) => sum + each.keystrokes, 0) / Math.max(1, ends.length);
  const columns = [
    half,
    genuine ? "the agent's" : "somebody else's",
    String(ends.length),
    share(({ outcome, first }) => outcome === "passes" && first),
    share(({ outcome }) => outcome === "passes"),
    share(({ outcome }) => outcome === "fails"),
    share(({ outcome }) => outcome === "undecided"),
    typed.toFixed(0),
  ];
  process.stdout.write(`| ${columns.join(" | ")} |\n`);
}
