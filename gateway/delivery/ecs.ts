/** Elastic Common Schema 8.11: field names from https://www.elastic.co/guide/en/ecs/8.11/. */
import { reasonOf, titleOf, uidOf, type Notice } from "./notice.ts";

export function ecs(notice: Notice, version: string): object {
  const { seq, at, actor, action, session, agent, detail, hash, severity, installation } = notice;
  const verdict = action.startsWith("verdict.");
  return {
    "@timestamp": new Date(at).toISOString(),
    ecs: { version: "8.11.0" },
    message: titleOf(notice),
    event: {
      kind: verdict && severity >= 5 ? "alert" : "event",
      category: [verdict ? "session" : "configuration"],
      type: [verdict ? (detail["verdict"] === "sever" ? "end" : "info") : "change"],
      action,
      id: uidOf(notice),
      hash,
      sequence: seq,
      severity,
      reason: reasonOf(notice),
      provider: "samehand",
    },
    observer: { vendor: "Samehand", product: "samehand", type: "gateway", version, serial_number: installation },
    ...(agent === null ? {} : { user: { name: agent } }),
    ...(typeof detail["rule"] === "string" ? { rule: { name: detail["rule"] } } : {}),
    // ECS has no fields for these. Last what is said of every entry: nothing in the detail takes its place.
    samehand: { ...detail, actor, session },
  };
}
