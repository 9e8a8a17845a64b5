/** Common Event Format, version 0 (ArcSight's "Implementing ArcSight CEF", 2021): one line an entry. */
import { reasonOf, type Notice } from "./notice.ts";

const header = (text: string): string => text.replace(/[\\|]/g, "\\$&").replace(/[\r\n]+/g, " ");
const value = (text: string): string => text.replace(/[\\=]/g, "\\$&").replace(/\r?\n|\r/g, "\\n");

export function cef(notice: Notice, version: string): string {
  const { id, seq, at, actor, action, session, agent, detail, severity, installation } = notice;
  const fields: [string, string | number | undefined | null][] = [
    ["rt", at],
    ["externalId", id],
    ["deviceExternalId", installation],
    ["cat", action.split(".")[0]],
    ["act", plain(detail["verdict"])],
    ["suser", actor],
    ["duser", agent],
    ["reason", reasonOf(notice)],
    ["cs1", session],
    ["cs2", plain(detail["rule"])],
    ["cs3", plain(detail["mode"])],
    ["cs4", plain(detail["wouldBe"])],
    ["cn1", seq],
    ["cfp1", plain(detail["trust"])],
  ];
  const labels: Readonly<Record<string, string>> = {
    cs1: "session",
    cs2: "rule",
    cs3: "mode",
    cs4: "wouldBe",
    cn1: "seq",
    cfp1: "trust",
  };
  const extension = fields.flatMap(([key, each]) => {
    if (each === undefined || each === null) return [];
    const label = labels[key];
    return [...(label === undefined ? [] : [`${key}Label=${label}`]), `${key}=${value(String(each))}`];
  });
  return `CEF:0|Samehand|samehand|${header(version)}|${header(action)}|${header(action)}|${severity}|${extension.join(" ")}`;
}

const plain = (detail: unknown): string | number | undefined =>
  typeof detail === "string" || typeof detail === "number" ? detail : undefined;
