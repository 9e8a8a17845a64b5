/**
 * `npm run phrases -- SET [EVERY] [FROM] [IMITATION]`: how the challenge's phrase would have gone for the people of a set of recordings,
 * with the shipped background and the default policy's limits. EVERY: of other people's claims only each so many. FROM: claims on
 * agents whose names come before it are left out (`-`: none). IMITATION: `tempo` or `tempo-and-hold`, of the agent, by the others.
 * The halves are of the claimed agents, by their place in the set: of some sets one half was in what the background
 * learned or was calibrated from, and the other was not (docs/ACCURACY.md).
 */
import process from "node:process";
import { undistorted } from "../gateway/offline/distortion.ts";
import { imitations } from "../gateway/offline/imitation.ts";
import { type PhraseTrial, tryPhrases } from "../gateway/offline/phrases.ts";
import { ChallengeCourse } from "../gateway/policy/challenge-course.ts";
import { phraseLimits, phraseWords } from "../gateway/policy/challenge.ts";
import { defaultPolicyFile, loadPolicy } from "../gateway/policy/policy-file.ts";
import { Background } from "../models/background.ts";

const [set, every = "1", from = "-", how = "none"] = process.argv.slice(2);
const imitation = imitations.find((each) => each === how);
const { challenge, budget } = loadPolicy(defaultPolicyFile);
if (set === undefined || challenge === null || imitation === undefined) {
  process.stderr.write("usage: npm run phrases -- SET [EVERY] [FROM] [none | tempo | tempo-and-hold]\n");
  process.exit(2);
}
const { attempts } = challenge;
const limits = phraseLimits(challenge, budget);
const trials = tryPhrases(set, Background.load(), Number(every), from === "-" ? "" : from, undistorted, imitation);

/** How a challenge's phrase ends, after how many keystrokes. Where the recorded words are at an end, it is undecided. */
function end({ looks }: PhraseTrial): { outcome: string; first: boolean; keystrokes: number } {
  const course = new ChallengeCourse({ steps: ["phrase"], attempts, limits });
  for (const [index, { llr, keystrokes }] of looks.entries()) {
    const { turn } = course.phrase(llr, keystrokes, phraseWords.first + index * phraseWords.more);
    if (turn === "passed" || turn === "failed") return { outcome: turn, first: index === 0, keystrokes };
  }
  return { outcome: "undecided", first: false, keystrokes: looks.at(-1)?.keystrokes ?? 0 };
}

const limit = (keystrokes: number): string => `${limits.pass(keystrokes, 0).toFixed(2)} at ${keystrokes} keystrokes`;
process.stdout.write(
  `limits: pass at ${[30, 50, 70, 90].map(limit).join(", ")}; fail at ${limits.fail.toFixed(2)} nats\n\n`,
);
process.stdout.write(
  "| claims on | hand | claims | passes with the first words | passes | is severed | goes to an operator | keystrokes, mean | of 9 in 10 at most |\n",
);
process.stdout.write("|---|---|---|---|---|---|---|---|---|\n");
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
  const sorted = ends.map(({ keystrokes }) => keystrokes).toSorted((a, b) => a - b);
  const most = sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0;
  const columns = [
    half,
    genuine ? "the agent's" : "somebody else's",
    String(ends.length),
    share(({ outcome, first }) => outcome === "passed" && first),
    share(({ outcome }) => outcome === "passed"),
    share(({ outcome }) => outcome === "failed"),
    share(({ outcome }) => outcome === "undecided"),
    typed.toFixed(0),
    String(most),
  ];
  process.stdout.write(`| ${columns.join(" | ")} |\n`);
}
