/** Notices as lines of JSON: as they are, or in the words of ECS or OCSF. */
import { ecs } from "./ecs.ts";
import type { Notice } from "./notice.ts";
import { ocsf } from "./ocsf.ts";

export type LineFormat = "samehand" | "ecs" | "ocsf";

const as: Readonly<Record<LineFormat, (notice: Notice, version: string) => object>> = {
  samehand: (notice) => notice,
  ecs,
  ocsf,
};

export const jsonLines = (notices: readonly Notice[], format: LineFormat, version: string): string =>
  notices.map((notice) => `${JSON.stringify(as[format](notice, version))}\n`).join("");
