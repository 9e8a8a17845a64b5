/** A button whose act cannot be taken back and needs no reason: it asks first. */
import { useRef } from "preact/hooks";

export interface SureProps {
  /** On the button, such as `Remove`. */
  readonly label: string;
  /** On what, said to screen readers, which hear many such buttons. */
  readonly on: string;
  /** What it means, said before it is done. */
  readonly meaning: string;
  readonly act: () => void;
}

export function Sure({ label, on, meaning, act }: SureProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        {label}
        <span class="hidden"> {on}</span>
      </button>
      <dialog ref={dialog} aria-label={`${label} ${on}`}>
        <h2>
          {label} {on}?
        </h2>
        <p>{meaning}</p>
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button
            type="button"
            class="danger"
            onClick={() => {
              close();
              act();
            }}
          >
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
