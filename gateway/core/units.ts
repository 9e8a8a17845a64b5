/**
 * Branded numbers: a time, a keysym and a mask are not interchangeable, although each is a number.
 * A brand costs nothing at run time; make one with the function of the same name in lower case.
 */
declare const unit: unique symbol;
type Unit<Base, Name> = Base & { readonly [unit]: Name };

/** A point on a monotonic clock, or a span, in milliseconds with a fraction. Never wall time. */
export type Millis = Unit<number, "ms">;
/** Wall-clock time in milliseconds since 1970-01-01 UTC: for people and for expiry, never for timing input. */
export type EpochMillis = Unit<number, "epoch-ms">;
/** An X11 keysym, 0 to 0x1FFFFFF, as in Guacamole's `key` and RFB's KeyEvent. */
export type Keysym = Unit<number, "keysym">;
/** Pointer buttons: 1 left, 2 middle, 4 right, 8 wheel up, 16 wheel down. */
export type ButtonMask = Unit<number, "mask">;
/** A natural-logarithm likelihood ratio: positive speaks for the enrolled agent, negative for somebody else. */
export type Llr = Unit<number, "llr">;

export const millis = (value: number): Millis => value as Millis;
export const epochMillis = (value: number): EpochMillis => value as EpochMillis;
export const keysym = (value: number): Keysym => value as Keysym;
export const buttonMask = (value: number): ButtonMask => value as ButtonMask;
export const llr = (value: number): Llr => value as Llr;

/** The enrolled worker's name, as the token or the web app gives it: 1 to 256 characters, no control characters. */
export type AgentName = Unit<string, "agent">;
/** A session's identifier: a UUID made by the gateway. */
export type SessionId = Unit<string, "session">;

export const agentName = (value: string): AgentName => value as AgentName;
export const sessionId = (value: string): SessionId => value as SessionId;
