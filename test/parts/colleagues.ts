/**
 * A farm's other agents, enrolled offline: synthetic hands are alike one another and unlike people, so that they
 * can only be told apart against a background of their own kind, as a farm's agents are.
 */
import { agentName, millis } from "../../gateway/core/units.ts";
import { Enrolment, Inspector } from "../../gateway/inspect/inspector.ts";
import type { Store } from "../../gateway/store/store.ts";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import { send, Typist } from "./typist.ts";

/** Puts what a synthetic person shows in so many keystrokes of work into the store, under that name. */
export function enrolPerson(store: Store, background: Background, name: string, seed: number, keys: number): void {
  const enrolment = new Enrolment(background);
  const inspector = new Inspector({ verifier: null, enrolment });
  for (const event of new Typist(seed).shift(keys)) {
    const at = millis(event.at);
    send(inspector, event, at);
  }
  inspector.flush();
  const profile = Profile.empty(background);
  profile.learn(enrolment, 0);
  const { id } = store.enrol(agentName(name));
  store.updateProfile(id, () => ({ ...profile.amount, body: profile.encode() }));
}

/** Puts mature profiles of so many synthetic agents into the store; none is a person that a test plays. */
export function enrolColleagues(store: Store, background: Background, people = 8): void {
  for (let person = 0; person < people; person++)
    enrolPerson(store, background, `colleague-${person}`, 101 + person, 1300);
}
