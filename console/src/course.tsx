/** How a session went: trust over time, the evidence that moved it, and what was decided and why. */
import type { SessionDetail } from "../../gateway/admin/contract/index.ts";
import { Verdict } from "./parts.tsx";
import { EvidenceChart, TrustChart } from "./trust-chart.tsx";
import { clockTime } from "./words.ts";

/** The dashed lines of the plot. */
const limitWords = ({ alert, quarantine, sever }: SessionDetail["thresholds"]): string =>
  `Dashed: alert ${limit(alert)}, quarantine ${limit(quarantine)}, sever ${limit(sever)}.`;
const limit = (trust: number): string => (trust < 1 ? "below 1" : `at ${Math.round(trust)} or below`);

const sum = (llr: number): string => (llr >= 0 ? `+${llr.toFixed(1)}` : llr.toFixed(1));

/** How trust went, and what moved it. */
export function Course({ detail }: { detail: SessionDetail }) {
  const { timeline, evidence, maturity } = detail;
  if (timeline.length + evidence.keyboard.length + evidence.pointer.length === 0)
    return (
      <p class="empty">
        {maturity === "enrolling"
          ? "No evidence: too little is known of this agent yet to judge by."
          : "No evidence yet: it comes with the first stretch of typing or pointing."}
      </p>
    );
  return (
    <>
      <h2>Trust</h2>
      <TrustChart detail={detail} />
      <p class="key">{limitWords(detail.thresholds)}</p>
      <div class="pair">
        <section>
          <h2>Keyboard {sum(detail.llr.keyboard)}</h2>
          <EvidenceChart points={detail.evidence.keyboard} what="Keyboard" />
        </section>
        <section>
          <h2>Pointer {sum(detail.llr.pointer)}</h2>
          <EvidenceChart points={detail.evidence.pointer} what="Pointer" />
        </section>
      </div>
      <p class="key">
        Evidence of each window of input: above 0 it speaks for the agent, below for somebody else; beside the name, the
        sum (a natural logarithm of odds).
      </p>
    </>
  );
}

export function Decisions({ detail }: { detail: SessionDetail }) {
  const latest = detail.decisions.toReversed();
  return (
    <section>
      <h2>Decisions</h2>
      {latest.length === 0 && <p>None yet: the session is allowed.</p>}
      <ol class="decisions">
        {latest.map((decision) => (
          <li key={`${decision.at}${decision.rule}`}>
            <time>{clockTime(decision.at)}</time>{" "}
            <Verdict verdict={decision.wouldBe} report={decision.mode === "report"} /> at trust{" "}
            {Math.round(decision.trust)}: {decision.because}
            <ul>
              {decision.reasons.map(({ code, text }) => (
                <li key={code}>{text}</li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}
