/** What is due next among many: a binary heap of slots by time, without allocation once it is made. */
export class Timeline {
  readonly #due: Float64Array;
  readonly #heap: Int32Array;

  /** @param due when each slot is first due */
  constructor(due: Float64Array) {
    this.#due = due;
    this.#heap = Int32Array.from(due.keys()).sort((a, b) => due[a] - due[b]);
  }

  /** The slot that is due next. */
  get slot(): number {
    return this.#heap[0];
  }

  /** When it is due; Infinity where there is no slot. */
  get due(): number {
    return this.#heap.length === 0 ? Infinity : this.#due[this.#heap[0]];
  }

  /** Puts the next slot off to `due`, which is not earlier than it was. */
  putOff(due: number): void {
    const [heap, times] = [this.#heap, this.#due];
    const slot = heap[0];
    times[slot] = due;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && times[heap[child + 1]] < times[heap[child]]) child++;
      if (times[heap[child]] >= due) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = slot;
  }
}
