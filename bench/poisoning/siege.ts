/** One farm of recorded agents under attack: each agent's desktop is used by the next agent, more in every session. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../gateway/core/clock.ts";
import { newKeyLine, parseKeyRing } from "../../gateway/core/key-ring.ts";
import { silentLog } from "../../gateway/core/log.ts";
import { Tally } from "../../gateway/core/tally.ts";
import { agentName, epochMillis, millis, sessionId } from "../../gateway/core/units.ts";
import { Enrolment, Inspector } from "../../gateway/inspect/inspector.ts";
import { LiveJudge } from "../../gateway/judge/judge.ts";
import { growAll } from "../../gateway/offline/portion.ts";
import { type RecordedSet, probeOf } from "../../gateway/offline/set.ts";
import { defaultPolicyFile, loadPolicy } from "../../gateway/policy/policy-file.ts";
import { openStore } from "../../gateway/store/open-store.ts";
import type { Store } from "../../gateway/store/store.ts";
import { confirm } from "../../models/adaptation.ts";
import { Background } from "../../models/background.ts";
import { Farm } from "../../models/farm.ts";
import { Profile } from "../../models/profile.ts";
import { Verifier } from "../../models/verifier.ts";
import { pause, type Piece, piecesOf, play, stretched, tempoOf } from "./material.ts";

/** How the impostor goes about it. */
export const attacks = {
  none: "control: the agent works alone",
  mixed: "shares the agent's sessions, a twentieth more each time",
  accomplice: "the same, and the agent confirms after every session",
  imitating: "alone, at the agent's tempo, and lets go of it by steps",
  unguarded: "control: shares them, and everything is learned",
} as const;
export type Attack = keyof typeof attacks;

/** Windows of evidence, how many of them spoke for the agent, and the sum of what they said, nats. */
export interface Passed {
  readonly windows: number;
  readonly passed: number;
  readonly llr: number;
}

/** What one agent's siege gave: the impostor's and the agent's own windows, and observations that were taken in. */
export interface Outcome {
  readonly before: Passed;
  readonly after: Passed;
  readonly own: Passed;
  readonly ownAfter: Passed;
  readonly learned: number;
  /** The same of the other device, and the windows of whoever it is at. */
  readonly learnedDevice: number;
  readonly device: Passed;
  readonly deviceAfter: Passed;
}

/** Of what was enrolled the anchor is made of this share; the rest is the agent's part in the sessions. */
const anchorShare = 0.6;
/** Pieces of ten seconds of a session. */
const sessionPieces = 18;
const day = 86_400_000;
const whatever = { keystrokes: 0, actions: 0, days: 0 };

interface Person {
  readonly anchor: readonly Piece[];
  readonly work: readonly Piece[];
  readonly test: readonly Piece[];
}

export class Siege {
  readonly #people: ReadonlyMap<string, Person>;
  readonly #background: Background;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #farm: Farm;
  readonly #store: Store;
  readonly #judge: LiveJudge;
  /** Whose hands agents have at another device; nobody's where they have none. */
  readonly #devices: readonly Person[];
  readonly #folder = mkdtempSync(join(tmpdir(), "samehand-"));
  #now = 1000;

  private constructor(people: ReadonlyMap<string, Person>, devices: readonly Person[]) {
    this.#people = people;
    this.#devices = devices;
    this.#background = Background.load();
    this.#profiles = new Map([...people].map(([name, { anchor }]) => [name, this.#enrolled(anchor)]));
    for (const [name, profile] of this.#profiles) this.#addDevice(name, profile);
    growAll(this.#background, this.#profiles, true, () => {});
    this.#farm = new Farm(this.#background, this.#profiles);
    const clock: Clock = { now: () => millis(this.#now), wall: () => epochMillis(Math.round(this.#now)) };
    const keys = parseKeyRing(newKeyLine(new Date()), "poisoning");
    this.#store = openStore({ path: join(this.#folder, "store.db"), keys, clock });
    for (const [name, profile] of this.#profiles) this.#save(name, profile);
    const settings = {
      // the impostor is never stopped: what may be learned of it is all that is measured
      mode: "report" as const,
      policy: loadPolicy(defaultPolicyFile),
      enrolment: { provisional: whatever, mature: whatever },
      sessionsPerAgent: 4,
    };
    const parts = { store: this.#store, background: this.#background, tally: new Tally(), log: silentLog, clock };
    this.#judge = new LiveJudge({ ...parts, settings: () => settings });
  }

  /**
   * Puts a farm of a set's agents together. @param most how many of them
   * @param later everything enrolled is the anchor, and the sessions are made of the first half of the later recordings
   * @param device each agent has another device that was confirmed, and works there in every second session: somebody's hand
   * of the same set who is not in the farm
   */
  static async lay(set: RecordedSet, most: number, later: boolean, device: boolean): Promise<Siege> {
    const people = new Map<string, Person>();
    const devices: Person[] = [];
    for (const [name, files] of set.agents) {
      if (people.size + devices.length >= (device ? 2 * most : most)) break;
      const enrolled = piecesOf(files);
      const sessions = set.trials.filter(({ claimed, genuine }) => claimed === name && genuine);
      const test = piecesOf(sessions.map(({ session }) => probeOf(set, session)).filter((file) => file !== null));
      const until = Math.floor(enrolled.length * anchorShare);
      const half = Math.floor(test.length / 2);
      const person = later
        ? { anchor: enrolled, work: test.slice(0, half), test: test.slice(half) }
        : { anchor: enrolled.slice(0, until), work: enrolled.slice(until), test };
      if (person.work.length < 3 || test.length < 3) continue;
      if (people.size < most) people.set(name, person);
      else devices.push(person);
    }
    const siege = new Siege(people, devices);
    await siege.#judge.refresh();
    return siege;
  }

  get agents(): readonly string[] {
    return [...this.#people.keys()];
  }

  /** Attacks one agent's profile over so many sessions. */
  async attack(agent: string, attack: Attack, sessions: number): Promise<Outcome> {
    const names = this.agents;
    const own = this.#people.get(agent)!;
    const impostor = this.#people.get(names[(names.indexOf(agent) + 1) % names.length])!;
    const device = this.#deviceOf(agent);
    const start = this.#profile(agent);
    for (let session = 1; session <= sessions; session++) {
      const worker = session % 2 === 0 ? (device ?? own) : own;
      // As much of the device as there is: the same minutes again and again would be learned as if they were all of it.
      const from = device === undefined ? 0 : session * sessionPieces;
      const pieces = piecesFor(attack, worker, impostor, attack === "none" ? 0 : session / sessions, from);
      if (attack === "unguarded") this.#learnAll(agent, pieces);
      else await this.#session(agent, session, pieces);
      if (attack === "accomplice") {
        const profile = this.#profile(agent);
        const devices = profile.confirmModes(this.#background, `${agent}-${session}`);
        if (confirm(this.#background, profile) || devices) this.#save(agent, profile);
      }
    }
    const end = this.#profile(agent);
    return {
      before: this.#passed(agent, start, impostor.test),
      after: this.#passed(agent, end, impostor.test),
      own: this.#passed(agent, start, own.test),
      ownAfter: this.#passed(agent, end, own.test),
      learned: end.keystrokes + end.actions - start.keystrokes - start.actions,
      learnedDevice: ofDevices(end) - ofDevices(start),
      device: this.#passed(agent, start, device?.test ?? []),
      deviceAfter: this.#passed(agent, end, device?.test ?? []),
    };
  }

  async end(): Promise<void> {
    await this.#judge.close();
    this.#store.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** A live session of a day of its own. */
  async #session(agent: string, number: number, pieces: readonly Piece[]): Promise<void> {
    this.#now += day;
    const id = sessionId(`${agent}-${number}`);
    const name = agentName(agent);
    const info = { id, agent: name, connection: "desk", startedAt: epochMillis(Math.round(this.#now)), address: "" };
    const ticket = { agent: name, connection: "desk", target: { protocol: "vnc" }, settings: {} };
    const watch = await this.#judge.open(ticket, info, { quarantine() {}, show() {}, release() {}, sever() {} });
    let ticked = this.#now;
    for (const piece of pieces)
      play(piece, watch, this.#now + pause, (at) => {
        this.#now = at;
        for (; ticked + 1000 < at; ticked += 1000) watch.tick(millis(ticked));
      });
    watch.close(millis(this.#now), null);
    this.#judge.flush();
  }

  #learnAll(agent: string, pieces: readonly Piece[]): void {
    const profile = this.#profile(agent);
    profile.learn(this.#shown(pieces), profile.days.length);
    this.#save(agent, profile);
  }

  #passed(agent: string, profile: Profile, pieces: readonly Piece[]): Passed {
    const all = { windows: 0, passed: 0, llr: 0 };
    this.#inspect(pieces, new Verifier(this.#farm.backgroundFor(agent), profile), (llr) => {
      all.windows++;
      all.llr += llr;
      if (llr > 0) all.passed++;
    });
    return all;
  }

  #enrolled(pieces: readonly Piece[]): Profile {
    const profile = Profile.empty(this.#background);
    profile.learn(this.#shown(pieces), 0);
    profile.sealed = true;
    return profile;
  }

  #deviceOf(agent: string): Person | undefined {
    return this.#devices[this.agents.indexOf(agent) % this.#devices.length];
  }

  #addDevice(agent: string, profile: Profile): void {
    const device = this.#deviceOf(agent);
    if (device === undefined) return;
    const shown = this.#shown(device.anchor);
    const modality = shown.pointer.count > shown.keyboard.count ? "pointer" : "keyboard";
    const session = "device";
    const client = { medianMs: Number.NaN };
    profile.learnMode(this.#background, { modality, statistics: shown[modality], client, day: 0, session });
    profile.confirmModes(this.#background, session);
  }

  #shown(pieces: readonly Piece[]): Enrolment {
    const enrolment = new Enrolment(this.#background);
    this.#inspect(pieces, null, () => {}, enrolment);
    return enrolment;
  }

  #inspect(
    pieces: readonly Piece[],
    verifier: Verifier | null,
    hear: (llr: number) => void,
    enrolment: Enrolment | null = null,
  ): void {
    const inspector = new Inspector({ verifier, enrolment, onEvidence: ({ llr }) => hear(llr) });
    let at = 0;
    for (const piece of pieces) at = play(piece, inspector, at + pause, () => {});
    inspector.flush();
  }

  #profile(agent: string): Profile {
    return Profile.decode(this.#store.profile(this.#store.enrol(agentName(agent)).id)!.body, this.#background);
  }

  #save(agent: string, profile: Profile): void {
    const { id } = this.#store.enrol(agentName(agent));
    this.#store.updateProfile(id, () => ({ ...profile.amount, body: profile.encode() }));
  }
}

const ofDevices = ({ modes }: Profile): number =>
  modes.reduce((sum, { statistics, adapted }) => sum + statistics.count + (adapted?.count ?? 0), 0);

/** @param share of the impostor in the session, 0 to 1 @param from which of each one's pieces it begins with */
function piecesFor(attack: Attack, own: Person, impostor: Person, share: number, from: number): Piece[] {
  const theirs = impostor.work;
  const at = <Of>(of: readonly Of[], index: number): Of => of[(from + index) % of.length];
  if (attack !== "imitating")
    return Array.from({ length: sessionPieces }, (_, index) =>
      // spread evenly: no long stretch is the agent's or the impostor's alone before it must be
      Math.floor((index + 1) * share) > Math.floor(index * share) ? at(theirs, index) : at(own.work, index),
    );
  const [mine, aim] = [tempoOf(theirs), tempoOf(own.anchor)];
  const keep = 1 - share;
  const hold = (aim.hold / mine.hold) ** keep;
  const downDown = (aim.downDown / mine.downDown) ** keep;
  return Array.from({ length: sessionPieces }, (_, index) => stretched(at(theirs, index), hold, downDown));
}
