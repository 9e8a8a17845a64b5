/** What every room may log through. Fields only: nothing typed, no token, no key ever goes in. */
export interface Log {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** For tests and offline work. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
