/** The evidence on a session as one page that needs nothing else: to be read, printed and kept. */
import type { AuditEntry } from "./audit-entry.ts";
import type { EvidencePack } from "./evidence-pack.ts";

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);
const time = (at: number | null): string => (at === null ? "–" : new Date(at).toISOString().replace("T", " "));

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #d5dae1}
th{font-weight:600;white-space:nowrap}code{font:.85rem ui-monospace,monospace;overflow-wrap:anywhere}
.sever{color:#a40e26;font-weight:600}.quarantine{color:#8a4600;font-weight:600}ul{margin:0;padding-left:1.1rem}`;

const row = (head: string, cell: string): string => `<tr><th scope="row">${head}</th><td>${cell}</td></tr>`;

function grounds(entry: AuditEntry): string {
  const items = Object.entries(entry.detail).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.map(String);
    return [`${name}: ${typeof value === "number" ? Math.round(value * 100) / 100 : String(value)}`];
  });
  return items.length === 0 ? "" : `<ul>${items.map((item) => `<li>${escape(item)}</li>`).join("")}</ul>`;
}

function event(entry: AuditEntry): string {
  const kind = /^verdict\.(\w+)$/.exec(entry.action)?.[1] ?? "";
  const cells = [
    String(entry.seq),
    time(entry.at),
    escape(entry.actor),
    `<span class="${escape(kind)}">${escape(entry.action)}</span>`,
    escape(entry.why),
    grounds(entry),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** @param json the signed text, which the page carries with it */
export function evidencePage(pack: EvidencePack, json: string): string {
  const { session, checkpoint } = pack;
  const { outcome } = session;
  const facts = [
    row("Agent", escape(session.agent)),
    row("Connection", escape(session.connection)),
    row("Session", `<code>${escape(session.id)}</code>`),
    row("Began", time(session.startedAt)),
    row("Ended", time(session.endedAt)),
    row("Strictest verdict", `<span class="${escape(session.verdict)}">${escape(session.verdict)}</span>`),
    row("In enforce mode", escape(session.wouldBe)),
    ...(outcome === null
      ? []
      : [
          row("How it ended", escape(outcome.end)),
          row("Lowest trust", `${outcome.lowestTrust.toFixed(1)} of 100`),
          row("Input judged", `${outcome.keystrokes} keystrokes, ${outcome.actions} pointer actions`),
        ]),
  ];
  const heads = ["No.", "Time (UTC)", "Who", "What", "Why", "Grounds"];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Evidence: session ${escape(session.id)}</title><style>${style}</style></head><body>
<h1>Evidence on a session of ${escape(session.agent)}</h1>
<p>How somebody typed and pointed was judged, never what: nothing typed is in this file.</p>
<table>${facts.join("")}</table>
<h2>What was decided and done</h2>
<table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>${pack.entries.map(event).join("")}</tbody></table>
<h2>How to check this</h2>
<p>Installation <code>${escape(pack.installation)}</code>; made ${time(pack.at)}; the audit chain then ended at entry ${checkpoint.seq}, <code>${escape(checkpoint.hash)}</code>. With the installation's public key, anywhere:</p>
<p><code>samehand evidence verify THIS-FILE --key audit-key.pub</code></p>
<script type="application/json" id="evidence">${json.replaceAll("<", "\\u003c")}</script>
</body></html>
`;
}
