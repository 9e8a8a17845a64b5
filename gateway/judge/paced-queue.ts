/**
 * Work that must not hold input up: one piece at a time with a pause after each, never inside an input event. What waits
 * is lost with the process; an orderly end does it all.
 */
export class PacedQueue<Id> {
  readonly #pause: number;
  readonly #waiting: { readonly id: Id; readonly run: () => void }[] = [];
  #timed = false;

  /** @param pause between two pieces, ms: each holds the event loop up, and must stay rare among its messages */
  constructor(pause: number) {
    this.#pause = pause;
  }

  /** @param id whom it is about @param run must not throw */
  add(id: Id, run: () => void): void {
    this.#waiting.push({ id, run });
    this.#wait();
  }

  /** Leaves out what waits about `id`. */
  drop(id: Id): void {
    for (let index = this.#waiting.length - 1; index >= 0; index--)
      if (this.#waiting[index].id === id) this.#waiting.splice(index, 1);
  }

  /** Leaves out everything that waits. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Does everything that waits now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#waiting.shift()?.run();
  }

  #wait(): void {
    if (this.#timed || this.#waiting.length === 0) return;
    this.#timed = true;
    setTimeout(() => {
      this.#timed = false;
      this.#waiting.shift()?.run();
      this.#wait();
    }, this.#pause).unref();
  }
}
