/**
 * Spans as OTLP/HTTP has them in JSON (OpenTelemetry protocol 1.x, `ExportTraceServiceRequest`): ids in hexadecimal, times
 * in nanoseconds as strings, enumerations as numbers.
 */
import { hostname } from "node:os";

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970, with a fraction. */
  readonly at: number;
  readonly attributes: Attributes;
}

export interface Span {
  /** 32 hexadecimal digits; and 16. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Events that were too many to keep. */
  readonly droppedEvents: number;
  readonly failed: boolean;
}

/** `SPAN_KIND_SERVER` for a session, `SPAN_KIND_INTERNAL` for what happens in it. */
const kinds = { server: 2, internal: 1 } as const;
/** `STATUS_CODE_ERROR`; left out is unset. */
const failedStatus = { code: 2 } as const;

export interface Sender {
  readonly service: string;
  readonly version: string;
  /** Tells gateways of one service apart. */
  readonly instance: string;
}

/** @param spans as `spanText` writes them */
export function exportRequest(spans: readonly string[], { service, version, instance }: Sender): string {
  const resource = {
    "service.name": service,
    "service.version": version,
    "service.instance.id": instance,
    "host.name": hostname(),
    "process.pid": process.pid,
  };
  const attributes = JSON.stringify(keyValues(resource));
  const scope = JSON.stringify({ name: "samehand", version });
  const scoped = `{"scope":${scope},"spans":[${spans.join()}]}`;
  return `{"resourceSpans":[{"resource":{"attributes":${attributes}},"scopeSpans":[${scoped}]}]}`;
}

/** One span, as it waits: so that what a request and a queue take in memory is known. */
export const spanText = (span: Span): string => JSON.stringify(spanOf(span));

const spanOf = (span: Span): object => ({
  traceId: span.traceId,
  spanId: span.spanId,
  ...(span.parentSpanId === "" ? {} : { parentSpanId: span.parentSpanId }),
  name: span.name,
  kind: span.parentSpanId === "" ? kinds.server : kinds.internal,
  startTimeUnixNano: nanos(span.from),
  endTimeUnixNano: nanos(span.to),
  attributes: keyValues(span.attributes),
  events: span.events.map(({ name, at, attributes }) => ({
    timeUnixNano: nanos(at),
    name,
    attributes: keyValues(attributes),
  })),
  ...(span.droppedEvents === 0 ? {} : { droppedEventsCount: span.droppedEvents }),
  ...(span.failed ? { status: failedStatus } : {}),
});

const keyValues = (attributes: Attributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));

function anyValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** A double has too few digits for nanoseconds since 1970. */
function nanos(millis: number): string {
  const whole = Math.floor(millis);
  return `${whole}${String(Math.floor((millis - whole) * 1e6)).padStart(6, "0")}`;
}
