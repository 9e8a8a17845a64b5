/** From a verdict to the last byte: what still reaches the target, and when the viewer has read the error. */
import type { Bare } from "../contenders/peers.ts";
import type { Rig } from "../rig.ts";
import { quantile } from "../statistics.ts";

export interface VerdictResult {
  /** Input instructions that guacd got beyond those before the verdict, over all sessions. */
  readonly after: number;
  /** Sessions that were severed. */
  readonly severed: number;
  /** From the verdict to the viewer's read of the error instruction, in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Each session types at 60 messages a second and is severed at about its 60th; viewers go on typing. */
export async function measureVerdict(rig: Rig, contender: Bare, sessions: number): Promise<VerdictResult> {
  await rig.clear();
  await contender.sever(60);
  try {
    await rig.forget();
    await rig.viewers.open(contender, 0, sessions);
    await rig.viewers.type(2);
    const verdicts = new Map((await contender.verdicts()).map((verdict) => [verdict.number, verdict]));
    const delays = (await rig.viewers.ends())
      .filter(({ number, errorAt }) => errorAt > 0 && (verdicts.get(number)?.at ?? 0) > 0)
      .map(({ number, errorAt }) => (errorAt - (verdicts.get(number)?.at ?? Number.NaN)) / 1e6)
      .sort((a, b) => a - b);
    const received = await rig.received();
    const after = received.reduce(
      (sum, { number, at: times }) => sum + Math.max(0, times.length - (verdicts.get(number)?.before ?? 0)),
      0,
    );
    return { after, severed: delays.length, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99) };
  } finally {
    await rig.clear();
    await contender.sever(null);
  }
}
