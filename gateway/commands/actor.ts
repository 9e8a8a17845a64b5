/** Who runs the command line, as the audit chain names them. */
import { userInfo } from "node:os";
import type { Actor } from "../store/audit-entry.ts";

export function commandLineActor(): Actor {
  try {
    return `command-line:${userInfo().username}`;
  } catch {
    // A container's user may have no name.
    return `command-line:uid-${process.getuid?.() ?? "unknown"}`;
  }
}
