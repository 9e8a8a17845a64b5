/** What covers the desktop while input is held: an overlay of instructions, in the unmodified client. */
import type { Prompt } from "../core/prompt.ts";
import { instruction, sync } from "../protocol/guacamole/instructions.ts";
import { disposeOverlay, drawOverlay, overlayImage, overlayStream } from "../protocol/guacamole/overlay.ts";
import { dialogParameter } from "./dialog-answer.ts";
import type { Notice } from "./options.ts";
import { drawPanel, drawPanelField } from "./panel.ts";

export class HoldScreen {
  readonly #notice: () => Notice;
  #width: number;
  #height: number;
  #syncs = 0;
  #prompt: Prompt | null = null;
  #drawn = false;
  /** The newest dialog that the client was asked for. */
  #dialog: number | null = null;

  /**
   * @param width what the viewer asked for, until guacd says the desktop's size
   * @param notice the organisation's words, which a reload may change
   */
  constructor(width: number, height: number, notice: () => Notice) {
    this.#width = width;
    this.#height = height;
    this.#notice = notice;
  }

  /** Covers a desktop of this size (0 where it is not known yet), with the prompt or the notice in its middle. */
  draw(width: number, height: number): string {
    if (width > 0) this.#width = width;
    if (height > 0) this.#height = height;
    this.#drawn = true;
    const panel = drawPanel(this.#notice(), this.#prompt, this.#width, this.#height);
    return drawOverlay({ ...panel, width: this.#width, height: this.#height }) + this.#sync() + this.#askInDialog();
  }

  /** What is shown from now on. @returns the instructions that bring a drawn screen to it; none where it is not drawn */
  show(prompt: Prompt | null): string {
    const before = this.#prompt;
    this.#prompt = prompt;
    if (!this.#drawn) return "";
    if (prompt === null || before === null || frameOf(prompt) !== frameOf(before)) return this.draw(0, 0);
    const field = overlayImage(drawPanelField(this.#notice(), prompt, this.#width, this.#height));
    return field + this.#sync() + this.#askInDialog();
  }

  /** Uncovers the desktop, and forgets the prompt. */
  remove(): string {
    this.#drawn = false;
    this.#prompt = this.#dialog = null;
    return disposeOverlay + this.#sync();
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
