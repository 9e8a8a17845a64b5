/**
 * The long run of what was scored against what X received: `npm run differentials -- [--minutes N] [--seed N]`.
 * First every edge, then mutants until the time is over. Prints what was tried, and exits 1 where something differed.
 */
import { parseArgs } from "node:util";
import { accepted, refused } from "../fixtures/differentials.ts";
import { mutate } from "../fuzz/mutate.ts";
import { Random } from "../fuzz/random.ts";
import { edgeMessages } from "./edges.ts";
import { Trial } from "./received.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() >>> 0) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || Number.isNaN(seed)) {
  console.error("usage: npm run differentials -- [--minutes N] [--seed N]");
  process.exit(2);
}
console.log(`seed ${seed}`);
const deadline = performance.now() + minutes * 60_000;
const trial = await Trial.start();
for (const message of edgeMessages()) await trial.try(message);
const edges = trial.tried;
const random = new Random(seed);
const corpus = [...refused.flatMap(({ messages }) => messages), ...accepted.map(({ text }) => Buffer.from(text))];
corpus.push(...edgeMessages());
while (performance.now() < deadline) {
  const message = mutate(random.pick(corpus), corpus, random);
  const cuts = random.below(4) === 0 ? [random.below(message.length + 1)] : [];
  await trial.try(message, cuts);
}
const { tried, scored, findings, received } = trial;
await trial.stop();
for (const { message, faults } of findings) console.log(JSON.stringify(message.toString("latin1")), faults.join("; "));
console.log(`edges ${edges}, mutants ${tried - edges}, refused ${trial.refused}`);
console.log(`input events scored ${scored}, events X received ${received}, differences ${findings.length}`);
process.exit(findings.length === 0 ? 0 : 1);
