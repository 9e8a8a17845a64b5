import t from "tap";
import { millis } from "../core/units.ts";
import { LoneEvidence } from "./lone-evidence.ts";

t.test("one modality counts alone only after the other was silent for three minutes", (t) => {
  const lone = new LoneEvidence();
  lone.observe(millis(0), "pointer", 1);
  for (let at = 1000; at < 180_000; at += 1000) lone.observe(millis(at), "keyboard", -0.3);
  t.equal(lone.of("keyboard"), 0);
  lone.observe(millis(181_000), "keyboard", -0.3);
  t.ok(lone.of("keyboard") >= 40, `${lone.of("keyboard")}`);
  lone.observe(millis(182_000), "pointer", 0.1);
  t.equal(lone.of("keyboard"), 0, "the other spoke");
  t.end();
});

t.test("good evidence takes bad back, the sum is bounded, and a passed challenge forgets it", (t) => {
  const lone = new LoneEvidence();
  lone.observe(millis(0), "keyboard", 0);
  for (let at = 200_000; at < 400_000; at += 1000) lone.observe(millis(at), "keyboard", -5);
  t.equal(lone.of("keyboard"), 40);
  for (let at = 400_000; at < 440_000; at += 1000) lone.observe(millis(at), "keyboard", 1);
  t.equal(lone.of("keyboard"), 0);
  lone.observe(millis(441_000), "keyboard", -9);
  lone.restart();
  t.equal(lone.of("keyboard"), 0);
  t.end();
});
