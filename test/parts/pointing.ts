/** A synthetic hand that points to and fro, and a profile of nothing but that. */
import { buttonMask, millis } from "../../gateway/core/units.ts";
import { Enrolment, Inspector } from "../../gateway/inspect/inspector.ts";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { Typist } from "./typist.ts";

/** So many movements with a click at their end, as one hand does them. */
export function point(seed: number, inspector: Inspector, count: number): void {
  const hand = new Typist(seed);
  let place: [number, number] = [500, 300];
  for (let n = 0; n < count; n++) {
    const to: [number, number] = [(n * 397) % 1000, (n * 211) % 700];
    for (const event of hand.point(place, to, n * 3000))
      if (event.kind === "pointer") inspector.pointer(millis(event.at), event.x, event.y, buttonMask(event.mask));
    place = to;
  }
  inspector.flush();
}

/** The profile of a hand after so many movements. */
export function pointerProfile(background: Background, seed: number, count: number): Profile {
  const enrolment = new Enrolment(background);
  point(seed, new Inspector({ verifier: null, enrolment }), count);
  const profile = Profile.empty(background);
  profile.learn(enrolment, 0);
  return profile;
}
