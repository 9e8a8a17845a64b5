/** What was scored is what X received, and nothing else: through the real guacd, whatever a client sends. */
import t from "tap";
import { mutate } from "../fuzz/mutate.ts";
import { Random } from "../fuzz/random.ts";
import { accepted, refused } from "../fixtures/differentials.ts";
import { edgeMessages } from "./edges.ts";
import { Trial } from "./received.ts";

const trial = await Trial.start();
t.teardown(() => trial.stop());
const told = (): string[] => trial.findings.map(({ message, faults }) => `${message.toString()}: ${faults.join("; ")}`);

t.test("every opcode with each of its arguments at an edge", { timeout: 100_000 }, async (t) => {
  // each refusal costs a session on the real desktop: a share of them here, all of them in the long run
  for (const [n, message] of edgeMessages().entries()) if (n % 11 === 3) await trial.try(message);
  t.same(told(), []);
});

t.test("mutants of what honest clients and attackers send", { timeout: 100_000 }, async (t) => {
  const random = new Random(4);
  const corpus = [...refused.flatMap(({ messages }) => messages), ...accepted.map(({ text }) => Buffer.from(text))];
  for (let n = 0; n < 30; n++) await trial.try(mutate(random.pick(corpus), corpus, random));
  t.same(told(), []);
});

t.test("a message in fragments, cut at every byte", { timeout: 100_000 }, async (t) => {
  const message = Buffer.from("3.key,2.99,1.1;3.key,2.99,1.0;9.clipboard,1.0,2.é😀;3.end,1.0;");
  const before = trial.scored;
  for (let cut = 1; cut < message.length; cut += 7) await trial.try(message, [cut]);
  await trial.try(
    message,
    Array.from({ length: message.length - 1 }, (_, n) => n + 1),
  );
  t.same(told(), []);
  t.equal(trial.refused > 0 && trial.scored - before, 2 * (Math.ceil((message.length - 1) / 7) + 1));
});

t.test("several thousand events of one hand arrive in order, none lost", { timeout: 100_000 }, async (t) => {
  const random = new Random(7);
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  let text = "";
  for (let n = 0; n < 500; n++) {
    const key = letters.charCodeAt(random.below(letters.length));
    const [x, y] = [random.below(1024), random.below(768)];
    const number = (value: number): string => `${String(value).length}.${value}`;
    text += `3.key,${number(key)},1.1;3.key,${number(key)},1.0;`;
    text += `5.mouse,${number(x)},${number(y)},1.1;5.mouse,${number(x)},${number(y)},1.0;`;
    if (text.length < 1000 && n < 499) continue;
    await trial.try(Buffer.from(text));
    text = "";
  }
  t.same(told(), []);
});
