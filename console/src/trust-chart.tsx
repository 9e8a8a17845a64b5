/** Trust over time with the agent's limits, and below it the windows of evidence that moved it. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import type { EvidencePoint, SessionDetail } from "../../gateway/admin/contract/index.ts";
import { clockTime } from "./words.ts";

const seconds = (at: number): number => at / 1000;
const style = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How far times on an axis may be apart, s: they are told to the second, and none is told twice. */
const wholeSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

type ChartData = [number[], ...(number | null)[][]];

interface ChartProps {
  readonly label: string;
  readonly data: ChartData;
  readonly series: readonly UPlot.Series[];
  readonly range: UPlot.Range.MinMax | null;
  readonly height: number;
}

/** Counts up whenever the page changes between light and dark: a canvas keeps the colours that it was drawn in. */
const scheme = signal(0);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => scheme.value++);

/** One plot; its data changes without drawing the rest of the page anew. */
function Chart({ label, data, series, range, height }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const drawnIn = scheme.value;
  useEffect(() => {
    const axis = { stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 } };
    const options: UPlot.Options = {
      width: widthOf(box.current!),
      height,
      // half of the last time stands beyond the plot
      padding: [null, 40, null, null],
      legend: { show: false },
      cursor: { y: false },
      scales: { y: range === null ? { range: (_plot, low, high) => around(low, high) } : { range } },
      axes: [
        { ...axis, space: 96, incrs: wholeSeconds, values: (_plot, at) => at.map((each) => clockTime(each * 1000)) },
        { ...axis, size: 46 },
      ],
      series: [{}, ...series],
    };
    plot.current = new UPlot(options, data, box.current!);
    const resize = () => plot.current?.setSize({ width: widthOf(box.current!), height });
    addEventListener("resize", resize);
    return () => {
      removeEventListener("resize", resize);
      plot.current?.destroy();
    };
  }, [drawnIn]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="chart" ref={box} role="img" aria-label={label} />;
}

/** Without the padding, which the plot's last time would be cut off by. */
const widthOf = (box: HTMLElement): number => {
  const { paddingLeft, paddingRight } = getComputedStyle(box);
  return box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
};

/** Around zero, which is where evidence says nothing. */
const around = (low: number | null, high: number | null): UPlot.Range.MinMax => {
  const reach = Math.max(1, -(low ?? 0), high ?? 0) * 1.1;
  return [-reach, reach];
};

export function TrustChart({ detail }: { detail: SessionDetail }) {
  const { timeline, thresholds } = detail;
  const at = timeline.map((point) => seconds(point.at));
  const limit = (value: number) => at.map(() => value);
  const data: ChartData = [
    at,
    timeline.map(({ trust }) => trust),
    limit(thresholds.alert),
    limit(thresholds.quarantine),
    limit(thresholds.sever),
  ];
  const dashed = (name: string): UPlot.Series => ({
    stroke: style(name),
    width: 1,
    dash: [5, 4],
    points: { show: false },
  });
  const series = [
    { stroke: style("--trust"), width: 2, fill: style("--trust-area"), points: { show: at.length < 40 } },
    dashed("--alert"),
    dashed("--quarantine"),
    dashed("--sever"),
  ];
  const now = Math.round(detail.trust);
  const label = `Trust is ${now}; alert below ${Math.round(thresholds.alert)}, quarantine below ${Math.round(thresholds.quarantine)}`;
  return <Chart label={label} data={data} series={series} range={[0, 100]} height={240} />;
}

/** Keyboard or pointer alone: above zero speaks for the agent, below it for somebody else. */
export function EvidenceChart({ points, what }: { points: readonly EvidencePoint[]; what: string }) {
  const data: ChartData = [points.map(({ at }) => seconds(at)), points.map(({ llr, weight }) => llr * weight)];
  const against = points.filter(({ llr }) => llr < 0).length;
  const bars = UPlot.paths.bars!({ size: [0.6, 14] });
  const series: UPlot.Series[] = [
    { paths: bars, fill: style("--trust-area"), stroke: style("--trust"), width: 1, points: { show: false } },
  ];
  const label = `${what}: ${points.length} windows of evidence, ${against} against the agent`;
  return <Chart label={label} data={data} series={series} range={null} height={150} />;
}
