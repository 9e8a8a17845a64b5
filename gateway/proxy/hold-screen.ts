/**
 * What covers the desktop while input is held: an overlay of instructions, in the unmodified client. The cover is there
 * at once; the panel on it follows when it is drawn, which a thread does (`panel-painter.ts`). Of what is to be shown
 * meanwhile only the newest is drawn, so that nobody's keys make more work than one drawing at a time.
 */
import type { Prompt } from "../core/prompt.ts";
import { instruction, sync } from "../protocol/guacamole/instructions.ts";
import { coverOverlay, disposeOverlay, overlayImage, overlayStream } from "../protocol/guacamole/overlay.ts";
import { dialogParameter } from "./dialog-answer.ts";
import type { Notice } from "./options.ts";
import { painter, type PanelRequest } from "./panel-painter.ts";
import type { Panel } from "./panel.ts";

export class HoldScreen {
  readonly #notice: () => Notice;
  readonly #say: (text: string) => void;
  #width: number;
  #height: number;
  #syncs = 0;
  #prompt: Prompt | null = null;
  #drawn = false;
  /** What is not drawn yet. */
  #due: PanelRequest["part"] | null = null;
  #painting = false;
  /** Goes up whenever what is being drawn is not wanted any more. */
  #version = 0;
  /** The newest dialog that the client was asked for. */
  #dialog: number | null = null;

  /**
   * @param width what the viewer asked for, until guacd says the desktop's size
   * @param notice the organisation's words, which a reload may change
   * @param say how the viewer is sent instructions
   */
  constructor(width: number, height: number, notice: () => Notice, say: (text: string) => void) {
    this.#width = width;
    this.#height = height;
    this.#notice = notice;
    this.#say = say;
  }

  /**
   * Covers a desktop of this size (0 where it is not known yet); the prompt or the notice follows in its middle.
   * @returns the instructions that cover it
   */
  cover(width: number, height: number): string {
    if (width > 0) this.#width = width;
    if (height > 0) this.#height = height;
    this.#drawn = true;
    this.#version += 1;
    this.#paint("whole");
    return coverOverlay(this.#width, this.#height) + this.#sync() + this.#askInDialog();
  }

  /** What is shown from now on. Nothing is drawn where the desktop is not covered. */
  show(prompt: Prompt | null): void {
    const before = this.#prompt;
    this.#prompt = prompt;
    if (!this.#drawn) return;
    const same = prompt !== null && before !== null && frameOf(prompt) === frameOf(before);
    if (!same) this.#version += 1;
    this.#paint(same ? "field" : "whole");
    const asked = this.#askInDialog();
    if (asked !== "") this.#say(asked);
  }

  /** Uncovers the desktop, and forgets the prompt. @returns the instructions for it */
  remove(): string {
    this.forget();
    return disposeOverlay + this.#sync();
  }

  /** Nothing is drawn any more. */
  forget(): void {
    this.#drawn = false;
    this.#version += 1;
    this.#prompt = this.#dialog = this.#due = null;
  }

  #paint(part: PanelRequest["part"]): void {
    if (this.#due !== "whole") this.#due = part;
    this.#paintNext();
  }

  #paintNext(): void {
    const part = this.#due;
    if (part === null || this.#painting) return;
    this.#due = null;
    this.#painting = true;
    const version = this.#version;
    const [notice, prompt, width, height] = [this.#notice(), this.#prompt, this.#width, this.#height];
    painter.paint({ part, notice, prompt, width, height }, (panel) => {
      this.#painting = false;
      if (panel !== null && version === this.#version) this.#painted(part, panel);
      // The thread was lost: the time that is left is shown every few seconds, and then all of it.
      else if (panel === null && this.#drawn) this.#due = "whole";
      if (panel !== null) this.#paintNext();
    });
  }

  #painted(part: PanelRequest["part"], panel: Panel): void {
    const ground = part === "whole" ? coverOverlay(this.#width, this.#height) : "";
    this.#say(ground + overlayImage(panel) + this.#sync());
  }

  /** Opens the client's own dialog, once for each time that something is asked. Clients that have none ignore it. */
  #askInDialog(): string {
    const { dialog = null } = this.#prompt ?? {};
    const asked = dialog === null || dialog === this.#dialog;
    this.#dialog = dialog;
    return asked ? "" : instruction("required", dialogParameter);
  }

  /** Our own frames are numbered -1, -2 and so on: guacd's are never negative, and one that reached it would end the user. */
  #sync(): string {
    this.#syncs += 1;
    return sync(-this.#syncs);
  }

  /** Whether a viewer's `sync` answers one of ours. */
  static ownsSync(timestamp: number): boolean {
    return timestamp < 0;
  }

  /** Whether a viewer's `ack` is for a picture of ours, or one that was brought back after a hold. */
  static ownsStream(stream: number): boolean {
    return stream >= overlayStream;
  }
}

/** What must be the same for the field alone to be drawn anew. */
function frameOf({ title, lines, field }: Prompt): string {
  const words = field.kind === "phrase" ? field.words.map(({ text }) => text) : [];
  return JSON.stringify([title, lines, field.kind, words]);
}
