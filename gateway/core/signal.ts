/** Signs in the input itself that no hand makes it, whoever the agent is: they need no profile. */

export const signalNames = ["scripted-typing", "scripted-pointing"] as const;
export type SignalName = (typeof signalNames)[number];

/** What a policy has a signal do: nothing, an alert, or a quarantine. */
export const signalActs = ["off", "report", "quarantine"] as const;
export type SignalAct = (typeof signalActs)[number];

/** A signal that stands, and what shows it in one lower-case sentence. */
export interface Signal {
  readonly name: SignalName;
  readonly text: string;
}

/** What each signal means, in one lower-case sentence. */
export const signalWords: Readonly<Record<SignalName, string>> = {
  "scripted-typing": "keys come as no hand presses them",
  "scripted-pointing": "the pointer moves or clicks as no hand does it",
};
