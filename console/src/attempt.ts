/** What a button does, and why it failed. */
import { useState } from "preact/hooks";
import { wordsOfAct } from "./api.ts";

/** @param again asked once it is done @returns why the last attempt failed, in words, and what makes one */
export function useAttempt(
  again: () => void,
): readonly [fault: string | null, attempt: (work: () => Promise<unknown>) => void] {
  const [fault, setFault] = useState<string | null>(null);
  const attempt = (work: () => Promise<unknown>) =>
    void work()
      .then(() => setFault(null))
      .then(again)
      .catch((error: unknown) => setFault(wordsOfAct(error)));
  return [fault, attempt];
}
