/** A button whose act needs a reason: it asks for one, does it, and says what came of it. */
import { useRef, useState } from "preact/hooks";
import type { Outcome } from "../../gateway/admin/contract/index.ts";
import { wordsOf } from "./api.ts";
import { Fault } from "./parts.tsx";

export interface ActProps {
  /** On the button, such as `Sever`. */
  readonly label: string;
  /** On what, said to screen readers where there are many such buttons. */
  readonly on?: string;
  /** What it means, said before it is done. */
  readonly meaning: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly act: (reason: string) => Promise<Outcome>;
  readonly done?: () => void;
}

const outcomes: Readonly<Record<Outcome["outcome"], string>> = {
  done: "Done.",
  already: "It was so already.",
  "waits-for-approval": "Asked for. Somebody else must approve it.",
};

export function Act({ label, on, meaning, danger = false, disabled = false, act, done }: ActProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const whole = on === undefined ? label : `${label} ${on}`;
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { outcome } = await act(reason.trim());
      setSaid(outcomes[outcome]);
      setFault(null);
      setReason("");
      dialog.current?.close();
      done?.();
    } catch (error) {
      setFault(wordsOf(error));
    }
    setBusy(false);
  };
  return (
    <>
      <button
        type="button"
        class={danger ? "danger" : ""}
        disabled={disabled}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
        {on !== undefined && <span class="hidden"> {on}</span>}
      </button>
      <span role="status" class="said">
        {said}
      </span>
      <dialog ref={dialog} aria-label={whole}>
        <form onSubmit={(event) => void submit(event)}>
          <h2>{whole}</h2>
          <p>{meaning}</p>
          <label>
            Why? It stands in the audit record with your name.
            <textarea
              required
              minLength={3}
              maxLength={300}
              rows={3}
              value={reason}
              onInput={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <Fault words={fault} />
          <div class="buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" class={danger ? "danger" : "primary"} disabled={busy || reason.trim().length < 3}>
              {label}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
