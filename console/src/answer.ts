/** Something that is asked of the gateway and shown: waiting, there, or failed. Asked again when what it hangs on changes. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, wordsOf } from "./api.ts";

const retryMillis = 3000;

export interface Asked<T> {
  readonly value: T | null;
  /** Why it could not be had, in words; the last value stays. */
  readonly fault: string | null;
  readonly again: () => void;
}

/** @param on asked again when one of these changes @param everyMillis also asked again so often; 0: never */
export function useAnswer<T>(question: () => Promise<T>, on: readonly unknown[], everyMillis = 0): Asked<T> {
  const [state, setState] = useState<{ value: T | null; fault: string | null }>({ value: null, fault: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    let retry: ReturnType<typeof setTimeout> | undefined;
    const run = () =>
      question().then(
        (value) => current && setState({ value, fault: null }),
        (error: unknown) => {
          if (!current) return;
          setState((before) => ({ value: before.value, fault: wordsOf(error) }));
          // Who could not be reached may be back soon; a refusal stands.
          if (everyMillis === 0 && !(error instanceof ApiError)) retry = setTimeout(() => void run(), retryMillis);
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
  return { ...state, again: () => setTurn(turn + 1) };
}
