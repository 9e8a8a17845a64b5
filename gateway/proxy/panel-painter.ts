/**
 * Has panels of hold screens drawn in a thread of its own, which all sessions of the process share: a whole panel takes
 * tens of milliseconds, and no other session's input may wait for it. The thread begins with the first hold.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Prompt } from "../core/prompt.ts";
import type { Notice } from "./options.ts";
import type { Panel } from "./panel.ts";

export interface PanelRequest {
  /** `field`: only what changes with each key, where the rest is drawn already. */
  readonly part: "whole" | "field";
  readonly notice: Notice;
  readonly prompt: Prompt | null;
  /** The screen's size, pixels. */
  readonly width: number;
  readonly height: number;
}

type Done = (panel: Panel | null) => void;

class PanelPainter {
  readonly #waiting = new Map<number, Done>();
  #worker: Worker | null = null;
  #requests = 0;

  /** @param done called later with the panel; with null where the thread was lost: the next request begins another */
  paint(request: PanelRequest, done: Done): void {
    const worker = (this.#worker ??= this.#begin());
    this.#requests += 1;
    this.#waiting.set(this.#requests, done);
    // The thread keeps a process only while it draws.
    worker.ref();
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread's message has no origin
    worker.postMessage({ id: this.#requests, request });
  }

  #begin(): Worker {
    const worker = new Worker(new URL(`panel-worker${extname(import.meta.url)}`, import.meta.url));
    worker.on("message", ({ id, panel }: { id: number; panel: Panel }) => this.#done(id, panel));
    // `exit` follows
    worker.on("error", () => {});
    worker.on("exit", () => {
      this.#worker = null;
      for (const id of this.#waiting.keys()) this.#done(id, null);
    });
    return worker;
  }

  #done(id: number, panel: Panel | null): void {
    const done = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    done?.(panel);
  }
}

/** The process's own. */
export const painter = new PanelPainter();
