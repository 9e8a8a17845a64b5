/** Small pieces that several pages show. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Session, VerdictName } from "../../gateway/admin/contract/index.ts";
import { verdictWords, wouldWords } from "./words.ts";

/** Names the page in the browser's tabs and history. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Samehand`;
  }, [title]);
}

/** A verdict with its colour and its word: the colour is never all that says it. */
export function Verdict({ verdict, report = false }: { verdict: VerdictName; report?: boolean }) {
  return <span class={`verdict ${verdict}`}>{(report ? wouldWords : verdictWords)[verdict]}</span>;
}

/** How a session stands. Of an agent who is not known yet nobody can say that the right hand drives. */
export function Standing({ session }: { session: Pick<Session, "wouldBe" | "mode" | "maturity"> }) {
  return session.wouldBe === "allow" && unjudged(session) ? (
    <span class="verdict ended">not known yet</span>
  ) : (
    <Verdict verdict={session.wouldBe} report={session.mode === "report"} />
  );
}

/** Whether trust is only where it begins, as too little is known of the agent to judge by; a signal may stand all the same. */
export const unjudged = (session: Pick<Session, "maturity">): boolean => session.maturity === "enrolling";

export function Fault({ words }: { words: string | null }) {
  return words === null ? null : (
    <p class="fault" role="alert">
      {words}
    </p>
  );
}

export function Waiting({ what }: { what: string }) {
  return (
    <p class="waiting" aria-busy="true">
      Loading {what} …
    </p>
  );
}

/** A page whose answer is not there: its heading, and that it waits or why it failed. */
export function NotYet({ title, what, fault }: { title: string; what: string; fault: string | null }) {
  useTitle(title);
  return (
    <article>
      <h1>{title}</h1>
      {fault === null ? <Waiting what={what} /> : <Fault words={fault} />}
    </article>
  );
}

/** What may be wider than the page is moved sideways by itself. */
export function Wide({ children }: { children: ComponentChildren }) {
  return <div class="wide">{children}</div>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** Latest trust values as a line; 0 at the bottom, 100 at the top. */
export function Sparkline({ values, limit }: { values: readonly number[]; limit: number }) {
  const width = 120;
  const height = 28;
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = (value: number) => (height - 2 - (value / 100) * (height - 4)).toFixed(1);
  const points = values.map((value, n) => `${(n * step).toFixed(1)},${y(value)}`).join(" ");
  return (
    <svg class="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <line x1="0" x2={width} y1={y(limit)} y2={y(limit)} class="limit" />
      <polyline points={points} />
    </svg>
  );
}

/** How full something is. */
export function Meter({ share, label }: { share: number; label: string }) {
  const full = Math.min(1, Math.max(0, share));
  return (
    <div
      class="meter"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(full * 100)}
    >
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect width={full * 100} height="6" />
      </svg>
    </div>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
