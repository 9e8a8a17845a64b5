/** Traces of sessions at a collector of our own, which takes what OTLP/HTTP's JSON may say and nothing else. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { z } from "zod";
import { startFarm } from "../../test/parts/farm.ts";
import { StepClock } from "../../test/parts/typist.ts";
import { silentLog } from "../core/log.ts";
import type { SessionInfo } from "../core/session.ts";
import { agentName, epochMillis, millis, sessionId } from "../core/units.ts";
import type { Decision, Verdict } from "../core/verdict.ts";
import { TraceSender, type TraceOptions } from "./traces.ts";

// opentelemetry-proto 1.x in its JSON form: camelCase, ids in hexadecimal, 64-bit integers as strings, enums as numbers.
const nanos = z.string().regex(/^\d{19}$/);
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const event = z.strictObject({ timeUnixNano: nanos, name: z.string().min(1), attributes });
const span = z.strictObject({
  traceId: z.string().regex(/^(?!0{32})[0-9a-f]{32}$/),
  spanId: z.string().regex(/^(?!0{16})[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: nanos,
  endTimeUnixNano: nanos,
  attributes,
  events: z.array(event),
  droppedEventsCount: z.int().optional(),
  status: z.strictObject({ code: z.int().min(0).max(2) }).optional(),
});
const scope = z.strictObject({ name: z.string(), version: z.string() });
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(z.strictObject({ scope, spans: z.array(span) })),
    }),
  ),
});
type Span = z.output<typeof span>;

const plain = (list: z.output<typeof attributes>): Record<string, unknown> =>
  Object.fromEntries(list.map((each) => [each.key, Object.values(each.value)[0]]));

async function collector(t: Test, answer: () => number = () => 200) {
  const spans: Span[] = [];
  const bodies: string[] = [];
  let headers: IncomingHttpHeaders = {};
  let resource: Record<string, unknown> = {};
  let asked = 0;
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
    incoming.on("end", () => {
      asked += 1;
      const status = answer();
      if (status === 200) {
        const said = request.parse(JSON.parse(body));
        headers = incoming.headers;
        bodies.push(body);
        for (const each of said.resourceSpans) {
          resource = plain(each.resource.attributes);
          spans.push(...each.scopeSpans.flatMap((scoped) => scoped.spans));
        }
      }
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return {
    spans,
    bodies,
    url: `http://127.0.0.1:${port}/v1/traces`,
    get headers() {
      return headers;
    },
    get resource() {
      return resource;
    },
    get asked() {
      return asked;
    },
  };
}

const session = (id: string): SessionInfo => ({
  id: sessionId(id),
  agent: agentName("anna"),
  connection: "desk",
  startedAt: epochMillis(0),
  address: "192.0.2.7",
});
const one = "0b0a7c2e-1f1d-4d1e-9d7a-3a6f0c9b1e42";

function decision(at: number, verdict: Verdict, rule: string): Decision {
  const reasons = [{ code: "operator", text: "olga: was ill" }];
  return {
    at: millis(at),
    verdict,
    wouldBe: verdict,
    mode: "enforce",
    trust: 12.5,
    rule,
    reasons,
    keystrokes: 1,
    actions: 0,
  };
}

function sender(clock: StepClock, url: string | null, more: Partial<TraceOptions> = {}): TraceSender {
  const traces =
    url === null ? undefined : { url, service: "desks", headers: { authorization: { value: "Bearer x\n" } } };
  return new TraceSender({
    traces,
    version: "1.2.3",
    instance: "here/1",
    clock,
    log: silentLog,
    pauseMillis: 10,
    ...more,
  });
}

async function until(so: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !so(); tries++) {
    if (tries > 600) throw new Error(`not within 30 s: ${what}`);
    await sleep(50);
  }
}

t.test("a session with a hold is a trace: its verdicts, the hold, and the challenge in it", async (t) => {
  const at = await collector(t);
  const clock = new StepClock();
  const began = clock.wall();
  const traces = sender(clock, at.url);
  const trace = traces.session(session(one));
  const from = clock.now();
  trace?.decided(decision(from + 1000.25, "alert", "unsure"));
  trace?.decided(decision(from + 2000, "quarantine", "wrong-hand"));
  trace?.decided(decision(from + 2500, "quarantine", "challenge-wrong-code"));
  trace?.decided(decision(from + 4000, "sever", "challenge-severed"));
  clock.advance(5000);
  trace?.ended("session-severed");
  await until(() => at.spans.length === 2, "both spans");
  const [hold, whole] = at.spans as [Span, Span];
  t.match(whole, { name: "session", traceId: one.replaceAll("-", ""), kind: 2, status: { code: 2 } });
  t.match(plain(whole.attributes), { "samehand.end": "session-severed", "samehand.verdict": "sever" });
  t.match(hold, { name: "hold", traceId: whole.traceId, parentSpanId: whole.spanId, kind: 1 });
  t.match(plain(hold.attributes), { "samehand.rule": "wrong-hand", "samehand.ended_by": "challenge-severed" });
  t.same(
    whole.events.map(({ name, attributes }) => [name, plain(attributes)["samehand.rule"]]),
    [
      ["verdict", "unsure"],
      ["verdict", "wrong-hand"],
    ],
  );
  t.same(
    hold.events.map(({ name, attributes }) => [name, plain(attributes)["samehand.rule"]]),
    [
      ["challenge", "challenge-wrong-code"],
      ["challenge", "challenge-severed"],
    ],
  );
  t.equal(BigInt(hold.endTimeUnixNano) - BigInt(hold.startTimeUnixNano), 2_000_000_000n);
  t.equal(BigInt(whole.endTimeUnixNano) - BigInt(whole.startTimeUnixNano), 5_000_000_000n);
  t.ok(Math.abs(Number(BigInt(whole.startTimeUnixNano) / 1_000_000n) - began) <= 1, "in wall time");
  t.match(at.headers, { authorization: "Bearer x", "content-type": "application/json" });
  t.match(at.resource, { "service.name": "desks", "service.version": "1.2.3", "service.instance.id": "here/1" });
  t.notMatch(at.bodies.join(""), /anna|192\.0\.2\.7|olga/, "no name and no address");
  await traces.stop();
});

t.test("off, no session tells anything; switched on and off while it runs", async (t) => {
  const at = await collector(t);
  const clock = new StepClock();
  const traces = sender(clock, null);
  t.equal(traces.session(session(one)), null);
  traces.prepare({ url: at.url, service: "desks", headers: {} })();
  traces.session(session(one))?.ended("closed");
  await until(() => at.spans.length === 1, "the span");
  t.equal(at.spans[0]?.status, undefined, "an end like any other");
  t.throws(() => traces.prepare({ url: at.url, service: "desks", headers: {}, ca: "/none.pem" }), {
    code: "config-invalid",
  });
  traces.prepare(undefined)();
  t.equal(traces.session(session(one)), null);
  await traces.stop();
  t.equal(at.asked, 1);
});

t.test(
  "a collector that is away gets what waited; what it refuses, and what is too much, is dropped and told",
  async (t) => {
    let status = 503;
    const at = await collector(t, () => status);
    const told: object[] = [];
    const log = { ...silentLog, warn: (fields: object) => void told.push(fields) };
    const traces = sender(new StepClock(), at.url, { log });
    for (let n = 0; n < 2100; n++) traces.session(session(one))?.ended("closed");
    await until(() => at.asked >= 2, "two attempts");
    status = 200;
    await until(() => at.spans.length === 2048, "all that may wait");
    t.match(told, [{ told: "HTTP 503", dropped: 52 }]);
    status = 400;
    traces.session(session(one))?.ended("closed");
    await until(() => told.some((each) => (each as { told: string }).told === "HTTP 400"), "the refusal");
    const { asked } = at;
    await traces.stop();
    t.equal(at.asked, asked, "it is not asked again");
  },
);

t.test("requests are bounded in bytes, and a stop sends all that waits while it is taken", async (t) => {
  let taken = 3;
  const at = await collector(t, () => (taken-- > 0 ? 200 : 503));
  const traces = sender(new StepClock(), at.url, { pauseMillis: 1e6 });
  const work = (sessions: number): void => {
    for (let n = 0; n < sessions; n++) {
      const trace = traces.session(session(one));
      for (let event = 0; event < 128; event++) trace?.decided(decision(event, "alert", "r".repeat(150)));
      trace?.ended("closed");
    }
  };
  work(30);
  await traces.stop();
  t.equal(at.spans.length, 30);
  t.ok(at.asked > 1 && at.bodies.every((body) => body.length < 1.1e6), at.bodies.map((body) => body.length).join());
  taken = 0;
  const { asked } = at;
  work(30);
  await traces.stop();
  t.equal(at.asked, asked + 1, "a collector that is away is not waited for");
});

t.test("a real session of a gateway is traced", async (t) => {
  t.setTimeout(110_000);
  const at = await collector(t);
  const farm = await startFarm({ config: { traces: { url: at.url } } });
  t.teardown(() => farm.stop());
  const viewer = await farm.viewer("anna");
  const [id] = farm.gateway.proxy.sessions.keys();
  await viewer.close();
  await until(() => at.spans.length > 0, "its span");
  t.equal(at.spans[0]?.traceId, id?.replaceAll("-", ""));
  t.match(plain(at.spans[0]?.attributes ?? []), { "samehand.end": "closed" });
});
