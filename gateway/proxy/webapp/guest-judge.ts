/**
 * The judge of those who came by a share link and have no account: there is no profile to compare a hand with, so
 * nothing is scored. Whether they may type at all is the policy's to say, and the tunnel's to see to.
 */
import type { Judge, Watch } from "../../core/session.ts";
import { millis } from "../../core/units.ts";
import type { Decision } from "../../core/verdict.ts";

const decision: Decision = {
  at: millis(0),
  verdict: "allow",
  wouldBe: "allow",
  mode: "enforce",
  trust: 50,
  rule: "guest",
  reasons: [{ code: "guest", text: "came by a share link, without an account" }],
  keystrokes: 0,
  actions: 0,
};

const watch: Watch = {
  verdict: "allow",
  decision,
  key() {},
  pointer() {},
  roundTrip() {},
  tick() {},
  stalled() {},
  close() {},
};

export const guestJudge: Judge = { open: () => Promise.resolve(watch) };
