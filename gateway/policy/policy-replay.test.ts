import t from "tap";
import { epochMillis, millis } from "../core/units.ts";
import { defaultPolicyFile, loadPolicy } from "./policy-file.ts";
import { replay } from "./policy-replay.ts";
import { ScoreTape } from "./score-tape.ts";

const policy = loadPolicy(defaultPolicyFile);
const agent = { name: "anna", maturity: "mature", keystrokes: 9000, actions: 3000 } as const;
const calm = Array.from({ length: 200 }, (_, index) => -5 + index / 40);

t.test("a hold that nobody answers in a replay is not counted as a sever when its time is over", (t) => {
  const tape = new ScoreTape(400);
  for (let window = 0; window < 400; window++) {
    const modality = window % 5 === 0 ? "pointer" : "keyboard";
    const llr = window < 100 ? 0.5 : modality === "pointer" ? 0 : -1;
    tape.add({ at: millis(3000 * window), modality, llr, weight: 1, keystrokes: 4 * window, actions: window }, 1, []);
  }
  const replayed = replay({ startedAt: epochMillis(0), agent, chunks: [tape.take()] }, policy, calm, []);
  t.equal(replayed.verdict, "quarantine");
  t.ok(replayed.at !== null && replayed.at > 300_000, "from where the hand changed on");
  t.end();
});
