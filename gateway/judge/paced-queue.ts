/**
 * Work that must not hold input up: one piece at a time with a pause after each, never inside an input event, and a piece
 * step by step, between which input that came is handled. What waits is lost with the process; an orderly end does it all.
 */

/** A piece's steps, each a millisecond at most; one may wait for what goes on beside the event loop. */
export type Steps = Generator<Promise<void> | undefined, void>;

interface Piece<Id> {
  readonly id: Id;
  readonly work: () => Steps | void;
  /** Once it has begun. */
  steps: Steps | null;
  readonly lost: () => void;
}

function nothing(): void {}

export class PacedQueue<Id> {
  readonly #pause: number;
  /** The first is under way. */
  readonly #pieces: Piece<Id>[] = [];
  #busy = false;

  /** @param pause between two pieces, ms */
  constructor(pause: number) {
    this.#pause = pause;
  }

  /** @param id whom it is about @param work must not throw @param lost called where it is left out, also under way */
  add(id: Id, work: () => Steps | void, lost: () => void = nothing): void {
    this.#pieces.push({ id, work, steps: null, lost });
    this.#wait();
  }

  /** Leaves out what waits about `id`, and the rest of what is under way. */
  drop(id: Id): void {
    for (let index = this.#pieces.length - 1; index >= 0; index--)
      if (this.#pieces[index].id === id) this.#pieces.splice(index, 1)[0].lost();
  }

  /** Leaves out everything that waits. */
  clear(): void {
    for (const { lost } of this.#pieces.splice(0)) lost();
  }

  /** Does everything that waits now, and waits for nothing. */
  flush(): void {
    while (this.#pieces.length > 0) void this.#step()?.catch(nothing);
  }

  #wait(): void {
    if (this.#busy || this.#pieces.length === 0) return;
    this.#busy = true;
    setTimeout(() => void this.#work(), this.#pause).unref();
  }

  async #work(): Promise<void> {
    const [first] = this.#pieces;
    // It may be done or left out between two steps.
    for (let [piece] = this.#pieces; piece !== undefined && piece === first; [piece] = this.#pieces)
      await (this.#step() ?? turn()).catch((error: unknown) => this.#failed(piece, error));
    this.#busy = false;
    this.#wait();
  }

  /** What a piece waited for failed: it hears so where it waits, and is lost where it does not catch it. */
  #failed(piece: Piece<Id>, error: unknown): void {
    if (this.#pieces[0] !== piece) return;
    try {
      if (piece.steps?.throw(error).done !== true) return;
    } catch {
      piece.lost();
    }
    this.#pieces.shift();
  }

  /** Takes the first piece a step further. @returns what it waits for */
  #step(): Promise<void> | undefined {
    const [piece] = this.#pieces;
    piece.steps ??= piece.work() ?? null;
    const { done, value } = piece.steps?.next() ?? { done: true };
    if (done !== true) return value;
    if (this.#pieces[0] === piece) this.#pieces.shift();
    return undefined;
  }
}

/** The event loop's next turn: input that came is handled before it. */
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve).unref());
