/**
 * What was scored against what X received. Every live watch is listened to, so that what is compared is what the
 * judge heard, and X's events are what came out of the real guacd and the real X server.
 */
import type { SessionInfo } from "../../gateway/core/session.ts";
import { LiveJudge } from "../../gateway/judge/judge.ts";
import type { SessionWatch } from "../../gateway/judge/session-watch.ts";
import type { XEvent } from "../parts/xev.ts";

export type Scored =
  | { readonly kind: "key"; readonly keysym: number; readonly pressed: boolean }
  | { readonly kind: "pointer"; readonly x: number; readonly y: number; readonly mask: number };

/** Hears every watch that a judge of this process opens from now on. */
export class Ear {
  readonly heard: Scored[] = [];
  readonly #open = Reflect.get<LiveJudge, "open">(LiveJudge.prototype, "open");

  constructor() {
    const open = this.#open;
    const heard = this.heard;
    LiveJudge.prototype.open = async function (this: LiveJudge, ticket, session: SessionInfo, control) {
      return listen(await open.call(this, ticket, session, control), heard);
    };
  }

  stop(): void {
    LiveJudge.prototype.open = this.#open;
  }
}

function listen(watch: SessionWatch, heard: Scored[]): SessionWatch {
  const key = watch.key.bind(watch);
  const pointer = watch.pointer.bind(watch);
  watch.key = (at, keysym, pressed) => {
    heard.push({ kind: "key", keysym, pressed });
    key(at, keysym, pressed);
  };
  watch.pointer = (at, x, y, mask) => {
    heard.push({ kind: "pointer", x, y, mask });
    pointer(at, x, y, mask);
  };
  return watch;
}

/** Lower-case letters and digits: what X types for them does not hang on the layout or on a modifier. */
const plain = (keysym: number): boolean => (keysym >= 0x61 && keysym <= 0x7a) || (keysym >= 0x30 && keysym <= 0x39);

/** The keys that go down, each once while it is held. */
function presses(events: readonly { keysym: number; pressed: boolean }[]): number[] {
  const down = new Set<number>();
  const found: number[] = [];
  for (const { keysym, pressed } of events)
    if (!pressed) down.delete(keysym);
    else if (!down.has(keysym)) {
      down.add(keysym);
      found.push(keysym);
    }
  return found;
}

/** On the test desktop of 1024 by 768: the changes of buttons, and the places where the pointer was, each once. */
function hand(scored: readonly Scored[]): { buttons: string[]; places: string[] } {
  const buttons: string[] = [];
  const places: string[] = [];
  let before = 0;
  for (const event of scored) {
    if (event.kind !== "pointer") continue;
    const x = Math.min(Math.max(event.x, 0), 1023);
    const y = Math.min(Math.max(event.y, 0), 767);
    if (places.at(-1) !== `${x},${y}`) places.push(`${x},${y}`);
    for (let bit = 0; bit < 5; bit++)
      if (((event.mask ^ before) >> bit) & 1) buttons.push(`${bit + 1} ${((event.mask >> bit) & 1) === 1}`);
    before = event.mask;
  }
  return { buttons, places };
}

/**
 * What differs between what was scored in one session and what X received of it; empty where nothing does. Keys that
 * were down at the end are let go by the VNC server, and so are buttons: only what goes down is compared of the last.
 * @param refused the session was ended for what it sent: of that last message nothing need have arrived
 */
export function differences(scored: readonly Scored[], received: readonly XEvent[], refused = false): string[] {
  const faults: string[] = [];
  const keys = scored.filter((event) => event.kind === "key");
  const came = received.filter((event) => event.kind === "key").filter((event) => !event.modifier);
  const expected = presses(keys);
  const typed = presses(came);
  if (expected.every(plain)) compare("keys", expected.map(String), typed.map(String), refused, faults);
  // what a keysym off the layout becomes is X's affair; that nothing is typed which was not scored is ours
  else if (typed.length > expected.length) faults.push(`${typed.length} keys typed, ${expected.length} scored`);

  const { buttons, places } = hand(scored);
  const pressed = received.filter((event) => event.kind === "button");
  const clicked = pressed.map(({ button, pressed }) => `${button} ${pressed}`);
  compare("buttons", buttons, clicked.slice(0, buttons.length), refused, faults);
  const after = clicked.slice(buttons.length);
  if (after.some((text) => text.endsWith("true"))) faults.push(`buttons that were not scored: ${after.join(", ")}`);

  const moved = received.filter((event) => event.kind === "motion").map(({ x, y }) => `${x},${y}`);
  const strangers = moved.filter((place) => !places.includes(place));
  if (strangers.length > 0) faults.push(`places that were not scored: ${strangers.join(" ")} of ${places.join(" ")}`);
  return faults;
}

function compare(
  what: string,
  scored: readonly string[],
  received: readonly string[],
  refused: boolean,
  faults: string[],
): void {
  const due = refused ? scored.slice(0, received.length) : scored;
  if (due.join() !== received.join()) faults.push(`${what}: scored ${scored.join()}, X received ${received.join()}`);
}
