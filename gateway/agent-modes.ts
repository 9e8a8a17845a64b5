/** An agent's other devices as operators see them, and how one is taken away: straight from the encoded profile. */
import type { ModeFacts } from "../models/modes.ts";
import { Profile } from "../models/profile.ts";
import type { AgentMode } from "./admin/contract/agent.ts";

const dayLength = 86_400_000;

/** A mode's name towards operators: it stays the same while the mode is learned on, and others come and go. */
const idOf = ({ modality, opened }: ModeFacts): string => `${modality}-${opened.slice(-8)}`;

/** @throws SamehandError `profile-unreadable` */
export const modesOf = (profile: Uint8Array): AgentMode[] =>
  Profile.factsOf(profile).modes.map((mode) => {
    const { modality, client, days, confirmed, observations, waiting } = mode;
    const rate = Number.isNaN(client.medianMs) ? "" : `, ${Math.round(client.medianMs)} ms apart`;
    return {
      id: idOf(mode),
      name: `${modality === "keyboard" ? "another keyboard" : "another mouse"}${rate}`,
      confirmed,
      learned: {
        keystrokes: modality === "keyboard" ? observations : 0,
        actions: modality === "pointer" ? observations : 0,
        days: days.length,
      },
      lastSeenAt: Math.max(days.at(-1) ?? 0, waiting?.day ?? 0) * dayLength,
    };
  });

/** @returns the profile without the mode; null where it has none of that name @throws SamehandError `profile-unreadable` */
export function withoutMode(profile: Uint8Array, id: string): Uint8Array | null {
  const place = Profile.factsOf(profile).modes.findIndex((mode) => idOf(mode) === id);
  return place < 0 ? null : Profile.withoutMode(profile, place);
}
