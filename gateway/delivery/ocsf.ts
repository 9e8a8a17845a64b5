/**
 * Open Cybersecurity Schema Framework 1.3 (https://schema.ocsf.io/1.3.0): a verdict is a Detection Finding (2004), an
 * act of a person an Entity Management event (3004).
 */
import { reasonOf, titleOf, uidOf, type Notice } from "./notice.ts";

/** Informational, low, medium, high, critical. */
const severityId = (severity: number): number => [1, 1, 1, 1, 2, 3, 3, 4, 4, 5, 5][severity] ?? 0;

export function ocsf(notice: Notice, version: string): object {
  const { seq, at, actor, action, session, agent, detail, hash, severity, installation } = notice;
  const uid = uidOf(notice);
  const common = {
    time: at,
    severity_id: severityId(severity),
    message: titleOf(notice),
    metadata: {
      version: "1.3.0",
      uid,
      sequence: seq,
      product: { name: "samehand", vendor_name: "Samehand", version, uid: installation },
    },
    // Last what is said of every entry: nothing in the detail takes its place.
    unmapped: { ...detail, action, why: notice.why, session, hash },
  };
  if (action.startsWith("verdict."))
    return {
      ...common,
      category_uid: 2,
      class_uid: 2004,
      activity_id: 1,
      type_uid: 200_401,
      is_alert: severity >= 5,
      finding_info: { uid, title: titleOf(notice), desc: reasonOf(notice), created_time: at },
      evidences: [
        { actor: { user: { name: agent ?? "unknown" }, ...(session === null ? {} : { session: { uid: session } }) } },
      ],
    };
  return {
    ...common,
    category_uid: 3,
    class_uid: 3004,
    activity_id: 99,
    activity_name: action,
    type_uid: 300_499,
    actor: { user: { name: actor } },
    entity: { name: agent ?? installation, type: agent === null ? "Installation" : "Agent" },
    comment: reasonOf(notice),
  };
}
