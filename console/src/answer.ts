/** Something that is asked of the gateway and shown: waiting, there, or failed. Asked again when what it hangs on changes. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, wordsOf } from "./api.ts";

const retryMillis = 3000;

export interface Asked<T> {
  readonly value: T | null;
  /** Why it could not be had, in words; the last value stays. */
  readonly fault: string | null;
  /** There is no such thing (any more). */
  readonly gone: boolean;
  readonly again: () => void;
}

/** @param on asked again when one of these changes @param everyMillis also asked again so often; 0: never */
export function useAnswer<T>(question: () => Promise<T>, on: readonly unknown[], everyMillis = 0): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "again">>({ value: null, fault: null, gone: false });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const run = () =>
      question().then(
        (value) => current && setState({ value, fault: null, gone: false }),
        (error: unknown) => {
          if (!current) return;
          const gone = error instanceof ApiError && error.problem.status === 404;
          setState(({ value }) => ({ value, fault: wordsOf(error), gone }));
          if (everyMillis === 0 && passes(error)) retry = setTimeout(() => void run(), retryMillis);
        },
      );
    void run();
    const timer = everyMillis > 0 ? setInterval(() => void run(), everyMillis) : undefined;
    return () => {
      current = false;
      clearInterval(timer);
      clearTimeout(retry);
    };
  }, [...on, turn]);
  return { ...state, again: () => setTurn((before) => before + 1) };
}

/** Who could not be reached, or could not answer, may be back soon; a refusal stands. */
const passes = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.problem.status >= 500 || error.problem.status === 429;
