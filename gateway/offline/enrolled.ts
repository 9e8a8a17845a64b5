/** Agents enrolled from recordings. */
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import type { Tape } from "./tape.ts";

/**
 * Enrols one agent from recordings; each counts as a day of its own, from 0 on. The profile is as the store would
 * give it back, so that scores offline are those of a live session.
 */
export function enrolFrom(background: Background, tapes: readonly Tape[]): Profile {
  const profile = Profile.empty(background);
  tapes.forEach((tape, day) => {
    const part = { keyboard: background.keyboard.statistics(), pointer: background.pointer.statistics() };
    for (const seen of tape.seen) {
      if (seen.keystroke !== undefined) part.keyboard.add(seen.keystroke);
      else part.pointer.add(seen.action);
    }
    profile.learn(part, day);
  });
  return Profile.decode(profile.encode(), background);
}
