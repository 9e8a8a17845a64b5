/** What a command may touch of the world outside; `main.ts` makes the real one, tests their own. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted at SIGINT or SIGTERM. */
  readonly stop?: AbortSignal;
  /** Calls back at each SIGHUP. */
  readonly onReload?: (listener: () => void) => void;
  /** The process that started this one as its worker. */
  readonly parent?: Parent;
}

/** The channel to it. */
export interface Parent {
  /** Never throws. */
  send(message: object): void;
  onMessage(listener: (message: unknown) => void): void;
  /** It ended, or closed the channel. */
  onGone(listener: () => void): void;
  /** Closes the channel, which keeps this process alive. */
  close(): void;
}
