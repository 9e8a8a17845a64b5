/** A button whose act needs a reason: it asks for one, does it, and says what came of it. */
import { useRef, useState } from "preact/hooks";
import type { Outcome } from "../../gateway/admin/contract/index.ts";
import { wordsOfAct } from "./api.ts";
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
  done: "done.",
  already: "it was so already.",
  "waits-for-approval": "asked for. Somebody else must approve it.",
};

export function Act(props: ActProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // What was asked for is what is done: the button below may have become another one meanwhile.
  const [asked, setAsked] = useState(props);
  const [reason, setReason] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState("");
  const open = () => {
    setAsked(props);
    setFault(null);
    setReason("");
    setSaid("");
    dialog.current?.showModal();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const { outcome } = await asked.act(reason.trim());
      setSaid(`${wholeOf(asked)}: ${outcomes[outcome]}`);
      setFault(null);
      dialog.current?.close();
      asked.done?.();
    } catch (error) {
      setFault(wordsOfAct(error));
    }
    setBusy(false);
  };
  const { label, on, danger = false, disabled = false } = props;
  return (
    <>
      <button type="button" class={danger ? "danger" : ""} disabled={disabled} onClick={open}>
        {label}
        {on !== undefined && <span class="hidden"> {on}</span>}
      </button>
      <span role="status" class="said">
        {said}
      </span>
      <dialog ref={dialog} aria-label={wholeOf(asked)}>
        <form onSubmit={(event) => void submit(event)}>
          <h2>{wholeOf(asked)}</h2>
          <p>{asked.meaning}</p>
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
            <button
              type="submit"
              class={asked.danger === true ? "danger" : "primary"}
              disabled={busy || reason.trim().length < 3}
            >
              {asked.label}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}

const wholeOf = ({ label, on }: ActProps): string => (on === undefined ? label : `${label} ${on}`);
