/**
 * Whether a session is held, and what that does: its input goes nowhere, nothing of the desktop goes to the viewer,
 * and a screen stands in its place. When it ends the picture is fetched, and only once it is shown input flows again.
 * A session may be held for what it did itself and for what another one on the same desktop did; either is enough.
 */
import { SamehandError } from "../core/errors.ts";
import type { Prompt } from "../core/prompt.ts";
import { nop } from "../protocol/guacamole/instructions.ts";
import { firstReturnStream, wipe } from "../protocol/guacamole/overlay.ts";
import { withoutPictureUser } from "../protocol/guacamole/picture-user.ts";
import type { SnapshotReader } from "../protocol/guacamole/snapshot-reader.ts";
import { WithheldDisplay, type WithheldOwner } from "../protocol/guacamole/withheld-display.ts";
import { frame } from "../protocol/websocket/frame.ts";
import { HoldScreen } from "./hold-screen.ts";
import type { InputPath } from "./input-path.ts";
import { Mending } from "./mending.ts";
import { Messages } from "./messages.ts";
import type { Notice } from "./options.ts";
import { type Fetch, PictureReturn, type ReturnOwner } from "./picture-return.ts";
import { settledFetch } from "./settled-fetch.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Opening, Target } from "./target.ts";
import type { Viewer } from "./viewer.ts";

/** The most memory that drawing takes which is kept while the picture is fetched, or where it cannot be. */
const mostKept = 16 * 1024 * 1024;
/** A viewer that hears nothing for 15 s gives up; guacd is silent towards it only while it is idle. */
const ticksPerNop = 5;
/** So many ticks after a picture was fetched guacd has said that its user left. */
const ticksToLeave = 3;

export class Hold implements WithheldOwner, ReturnOwner {
  readonly #screen: HoldScreen;
  readonly #viewer: Viewer;
  readonly #around: Surroundings<never>;
  readonly #pictureLost: (error: SamehandError) => void;
  #own = false;
  #companion = false;
  /** There once the session is open. */
  #input: InputPath | null = null;
  #target: Target | null = null;
  #opening: Opening | null = null;
  /** There while the display is withheld: until the picture is back. */
  #withheld: WithheldDisplay | null = null;
  #return: PictureReturn | null = null;
  /** There where the picture that came back may be wrong. */
  #mending: Mending | null = null;
  #ticks = 0;
  #lingers = 0;
  /** Sizes of the desktop that were seen. */
  #sizes = 0;

  /**
   * @param size what the viewer asked for, until guacd says the desktop's
   * @param pictureLost told where the picture cannot be brought back
   */
  constructor(
    size: { width: number; height: number },
    viewer: Viewer,
    around: Surroundings<never>,
    pictureLost: (error: SamehandError) => void,
  ) {
    // A reload may change the organisation's words.
    const notice = (): Notice => around.options.notice;
    this.#screen = new HoldScreen(size.width, size.height, notice, (text) => viewer.say(text));
    this.#viewer = viewer;
    this.#around = around;
    this.#pictureLost = pictureLost;
  }

  /** Whether the session is held for what it did itself. */
  get own(): boolean {
    return this.#own;
  }

  /** Whether it is held at all, or its picture is not back yet. */
  get on(): boolean {
    return this.#wanted || this.#withheld !== null;
  }

  /** Whether guacd may still speak of whoever fetched the picture: what passes must go through `passing`. */
  get lingers(): boolean {
    return this.#lingers > 0;
  }

  /**
   * A message of the display as the viewer is sent it; empty where nothing is left of it.
   * @param from where its instructions begin
   */
  passing(message: Uint8Array, from: number): Uint8Array {
    const all = message.subarray(from);
    const left = withoutPictureUser(all);
    if (left === all) return message;
    return left.length === 0 ? left : frame(left);
  }

  /** Whether the display must be given to `take`. */
  get takes(): boolean {
    return this.#withheld !== null || (this.#mending !== null && this.#mending.stops);
  }

  get #wanted(): boolean {
    return this.#own || this.#companion;
  }

  /** The session is held, or no longer, for what it did itself. */
  setOwn(own: boolean): void {
    this.#own = own;
    this.#turn();
  }

  /** The same for what another one on the same desktop did. */
  setCompanion(companion: boolean): void {
    this.#companion = companion;
    this.#turn();
  }

  /**
   * The session is open: a hold that stands already takes effect.
   * @param opening the way that led to the target, which may lead another user there to fetch the picture
   */
  opened(input: InputPath, target: Target, opening: Opening): void {
    this.#input = input;
    this.#target = target;
    this.#opening = opening;
    this.#turn();
  }

  /** The session is over. */
  ended(): void {
    if (this.#withheld !== null) this.#around.tally.sessionsHeld -= 1;
    this.#opening = null;
    this.#screen.forget();
    this.#return?.cancel();
    this.#mending?.cancel();
  }

  /** What the hold screen shows from now on, and in a hold that is still to come. */
  show(prompt: Prompt): void {
    this.#screen.show(prompt);
  }

  /** Whole instructions of the target's. */
  take(buffer: Uint8Array, start: number, end: number): void {
    const withheld = this.#withheld;
    if (withheld === null) return this.#mending!.take(buffer, start, end);
    withheld.take(buffer, start, end);
    if (!this.#fetchable && withheld.gathered === null)
      this.#pictureLost(new SamehandError("picture-lost", "too much was drawn during the hold"));
    const { sizes, width, height } = this.#target!.scanner;
    if (sizes === this.#sizes) return;
    this.#sizes = sizes;
    this.#viewer.say(wipe({ width, height, lowestLayer: 0, highestLayer: 0 }) + this.#screen.cover(width, height));
  }

  /** About once a second. */
  tick(): void {
    this.#ticks += 1;
    if (this.#mending?.over !== false) this.#lingers = Math.max(this.#lingers - 1, 0);
    if (this.#withheld !== null && this.#ticks % ticksPerNop === 0) this.#viewer.say(nop);
  }

  pass(bytes: Uint8Array): void {
    this.#viewer.write(frame(bytes));
  }

  answer(text: string): void {
    this.#target!.write(text);
  }

  fetched(picture: SnapshotReader | null): void {
    const withheld = this.#withheld!;
    let stream = firstReturnStream;
    const next = (): number => stream++;
    const message = new Messages(this.#viewer);
    if (picture !== null) message.add(picture.picture.instructions(next, "drop"));
    message.add(withheld.gathered!.instructions(next, "keep", picture?.timestamp ?? null));
    message.add(withheld.waiting);
    message.add([Buffer.from(this.#screen.remove())]);
    message.end();
    this.#lingers = ticksToLeave;
    const fetch = this.#fetch;
    if (picture !== null && fetch !== null && withheld.gathered!.copiesTwice(picture))
      this.#mending = new Mending(fetch, this.#viewer, this.#target!);
    this.#withheld = null;
    this.#return = null;
    this.#around.tally.sessionsHeld -= 1;
    this.#input!.release(this.#around.clock.now());
  }

  lost(error: SamehandError): void {
    this.#pictureLost(error);
  }

  /** Whether the picture can be fetched. */
  get #fetchable(): boolean {
    return this.#opening?.fetch !== undefined;
  }

  get #fetch(): Fetch | null {
    const { connectionId, scanner } = this.#target!;
    const fetch = this.#opening?.fetch?.bind(this.#opening);
    return fetch === undefined ? null : settledFetch((...how) => fetch(connectionId, ...how), scanner);
  }

  #turn(): void {
    if (this.#input === null) return;
    if (this.#wanted) {
      if (this.#withheld === null) this.#begin(this.#input, this.#target!);
      else this.#return?.cancel();
      this.#return = null;
    } else if (this.#withheld !== null && this.#return === null) this.#bringBack(this.#withheld);
  }

  #begin(input: InputPath, { scanner, connectionId }: Target): void {
    const fetchable = this.#fetchable;
    this.#around.tally.sessionsHeld += 1;
    input.hold();
    const stopped = this.#mending?.cancel() ?? [];
    this.#mending = null;
    this.#withheld = new WithheldDisplay(this, scanner.bytes === 0 ? null : scanner.streams, mostKept);
    const { width, height } = scanner;
    this.#sizes = scanner.sizes;
    // Where the picture cannot be fetched the old one must stay: what is kept is drawn on top of it.
    const cover = fetchable ? wipe(scanner) : "";
    if (!fetchable) this.#withheld.gather();
    for (const each of stopped) this.#withheld.take(each, 0, each.length);
    this.#viewer.say(cover + this.#screen.cover(width, height));
    if (!fetchable) this.#opening?.seek?.(connectionId, () => this.#found());
  }

  /** The picture can be fetched: what the client has is thrown away after all, and what was kept is not needed. */
  #found(): void {
    if (this.#withheld === null || this.#return !== null) return;
    const { scanner } = this.#target!;
    this.#withheld.rest();
    this.#viewer.say(wipe(scanner) + this.#screen.cover(scanner.width, scanner.height));
  }

  #bringBack(withheld: WithheldDisplay): void {
    const fetch = this.#fetch;
    if (fetch === null) this.fetched(null);
    else this.#return = new PictureReturn(fetch, withheld, this);
  }
}
