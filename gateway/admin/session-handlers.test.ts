import t from "tap";
import { SamehandError } from "../core/errors.ts";
import type { AuditAct } from "../store/audit.ts";
import { releaseDeed } from "./session-handlers.ts";

t.test("an act on a session whose process does not answer is in the audit: it may be done yet", async (t) => {
  const noted: AuditAct[] = [];
  const live = {
    act: () => Promise.reject(new SamehandError("neighbour-silent", "the session may be there")),
  } as unknown as Parameters<typeof releaseDeed>[0]["live"];
  const release = releaseDeed({ live, words: null as never, audit: { note: (act) => void noted.push(act) } });
  const caller = { name: "olga" } as Parameters<typeof release>[0]["caller"];
  await t.rejects(release({ target: "s1", payload: "", caller, reason: "was ill" }), { code: "neighbour-silent" });
  t.match(noted, [
    {
      actor: "operator:olga",
      action: "session.act-unanswered",
      session: "s1",
      why: "was ill",
      detail: { act: "release" },
    },
  ]);
});
