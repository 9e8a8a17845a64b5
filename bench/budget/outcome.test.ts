import t from "tap";
import { millis } from "../../gateway/core/units.ts";
import { defaultPolicyFile, loadPolicy } from "../../gateway/policy/policy-file.ts";
import { defaultTrustOptions } from "../../gateway/policy/trust.ts";
import { caught, judge, summary, termsOf } from "./outcome.ts";
import { costOf, search } from "./search.ts";
import type { Kind, Stream } from "./streams.ts";

const peaks = Array.from({ length: 200 }, (_, index) => -4 + index / 40);
const terms = termsOf(loadPolicy(defaultPolicyFile), peaks);
const length = 300_000;

/** A session in which both modalities say so much at each moment. */
function stream(kind: Kind, typist: string, says: (at: number) => number, takeover = Number.POSITIVE_INFINITY): Stream {
  const evidence = Array.from({ length: length / 2000 }, (_, index) => ({
    at: millis((index + 1) * 2000),
    modality: index % 3 === 0 ? ("pointer" as const) : ("keyboard" as const),
    llr: says((index + 1) * 2000),
    weight: 1,
    keystrokes: index * 5,
    actions: index,
  }));
  return { kind, typist, hand: "hand", half: 0, takeover, length, evidence };
}

const calm = stream("genuine", "calm", () => 0.8);
const unlike = stream("genuine", "unlike", (at) => (at > 60_000 && at < 120_000 ? -2 : 0.8));
const taken = stream("colleague", "calm", (at) => (at > 150_000 ? -2 : 0.8), 150_000);
const hidden = stream("colleague", "calm", () => 0.8, 150_000);

t.test("false quarantines are counted by person and hour, with bounds; takeovers by their delay", (t) => {
  const genuine = [calm, unlike].map((each) => judge(each, terms));
  t.equal(genuine[0]?.falseQuarantines, 0);
  t.ok((genuine[1]?.falseQuarantines ?? 0) > 0);
  t.ok(genuine.every(({ falseSevers }) => falseSevers === 0));
  const { hours, people, perEightHours, bound, boundOverPeople, who } = summary(genuine);
  t.equal(hours.toFixed(3), ((2 * length) / 3_600_000).toFixed(3));
  t.equal(people, 2);
  t.ok(bound > perEightHours && boundOverPeople >= perEightHours, `${perEightHours}, ${bound}, ${boundOverPeople}`);
  t.same(
    who.map(([id]) => id),
    ["unlike"],
  );
  const ended = caught([taken, hidden].map((each) => judge(each, terms)));
  t.match(ended, { takeovers: 2, share: 0.5, p90: Number.POSITIVE_INFINITY });
  t.ok(ended.median > 2 && ended.median < 60, `${ended.median} s`);
  t.end();
});

t.test("the search keeps the budget, never does worse than what ships, and is the same for the same seed", (t) => {
  const streams = [calm, unlike, taken];
  const shipped = costOf(streams, defaultTrustOptions, 0);
  const found = search(streams, 0, 30, 7);
  t.equal(found.held, 0);
  t.ok(found.cost <= shipped.cost, `${found.cost} s, ${shipped.cost} s`);
  t.same(search(streams, 0, 30, 7), found);
  t.end();
});
