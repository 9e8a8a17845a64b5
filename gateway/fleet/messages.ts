/** What the first process and a worker say to one another, besides the bus. */
import type { Config } from "../../config/schema.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { BusMessage } from "./bus.ts";

/** A certificate and key, as PEM. */
export interface PemPair {
  readonly cert: string;
  readonly key: string;
}

export type ToWorker =
  | BusMessage
  | { readonly start: { readonly name: string; readonly config: Config; readonly developmentTls: PemPair | null } }
  | { readonly reload: Config }
  | { readonly drain: true }
  | { readonly close: true };

export type FromWorker =
  | BusMessage
  | { readonly listening: { readonly port: number; readonly url: string } }
  /** It cannot start: the error's code and detail. */
  | { readonly failed: { readonly code: ErrorCode; readonly detail: string } }
  /** What was asked (`reload`, `drain`) is done; a reload that was refused says why. */
  | {
      readonly done: "reload" | "drain";
      readonly refused: { readonly code: ErrorCode; readonly detail: string } | null;
    };
