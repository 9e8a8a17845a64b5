import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import t, { type Test } from "tap";
import { catalogue, type ErrorCode, SamehandError } from "../core/errors.ts";
import { instruction } from "../protocol/guacamole/instructions.ts";
import { refused } from "../../test/fixtures/differentials.ts";
import { ProxyBench, type Changes, type TestViewer } from "../../test/fixtures/proxy-bench.ts";

const key = (keysym: number, pressed: 0 | 1): string => instruction("key", keysym, pressed);

/** The viewer was told in words and in the close why it ended, and it was counted. */
async function endedWith(t: Test, bench: ProxyBench, viewer: TestViewer, code: ErrorCode, name: string): Promise<void> {
  const { code: close, reason } = await viewer.closed;
  const { guacamole } = catalogue[code];
  t.equal(close, catalogue[code].close, `${name}: close code`);
  t.equal(reason, String(guacamole), `${name}: the reason is the status`);
  t.match(viewer.messages[0], /^0\.,36\.[^;]*;/, `${name}: the tunnel's id comes first`);
  t.match(
    viewer.text,
    new RegExp(`5\\.error,\\d+\\.[^;]*,\\d+\\.${guacamole};$`),
    `${name}: the instruction comes last`,
  );
  t.ok((bench.tally.refusals.get(code) ?? 0) > 0, `${name}: is counted`);
}

async function withBench(t: Test, changes: Changes = {}): Promise<ProxyBench> {
  const bench = await ProxyBench.start(changes);
  t.teardown(() => bench.stop());
  return bench;
}

t.test(
  "who may not come in is told inside of the tunnel, so that the client shows it and does not fall back",
  async (t) => {
    const bench = await withBench(t);
    await endedWith(t, bench, bench.viewer("token=bad"), "token-invalid", "a bad token");
    await endedWith(t, bench, bench.viewer(""), "token-missing", "no token");
    await endedWith(t, bench, bench.viewer("token=join%3Dnowhere"), "connection-unknown", "nobody to join");
    bench.judge.refusal = new SamehandError("agent-locked");
    await endedWith(t, bench, bench.viewer(), "agent-locked", "a lock");
    t.equal(bench.guacd.users.length, 0, "guacd heard nothing of it");
    t.equal(bench.tally.sessionsOpened, 0);
    t.equal(bench.proxy.sessions.size, 0);
  },
);

t.test("sessions are limited", async (t) => {
  const bench = await withBench(t, { limits: { sessions: 1 } });
  await bench.session();
  await endedWith(t, bench, bench.viewer(), "too-many-sessions", "one too many");
});

t.test("what a gateway could read otherwise than guacd ends the session before a byte of it arrives", async (t) => {
  const bench = await withBench(t);
  const rows = [];
  for (const row of refused) rows.push({ row, ...(await bench.session()) });
  for (const { row, viewer, user } of rows) {
    for (const message of row.messages) viewer.socket.send(message, { binary: false });
    await user.closed;
    t.notMatch(user.received, /3\.key|5\.mouse|4\.blob/, `${row.name}: guacd saw no input`);
    t.match(user.received, /10\.disconnect;$/, `${row.name}: guacd is let go`);
  }
  for (const { row, viewer } of rows) t.match((await viewer.closed).reason, /^(768|781)$/, row.name);
  const { refusals } = bench.tally;
  const counted = ["instruction-malformed", "instruction-refused", "instruction-too-large"] as const;
  t.equal(
    counted.reduce((sum, code) => sum + (refusals.get(code) ?? 0), 0),
    refused.length,
    "each is counted",
  );
});

t.test("frames that break their protocol end the session", async (t) => {
  const bench = await withBench(t, { limits: { frameBytes: 4096 } });
  const binary = await bench.session();
  binary.viewer.socket.send(Buffer.from(key(98, 1)));
  await endedWith(t, bench, binary.viewer, "frame-binary", "binary");
  const large = await bench.session();
  large.viewer.send(key(98, 1).repeat(1000));
  await endedWith(t, bench, large.viewer, "frame-too-large", "too large");
  const bare = await bench.session();
  (bare.viewer.socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from([0x81, 0x01, 0x41]));
  await endedWith(t, bench, bare.viewer, "frame-malformed", "not masked");
  for (const { user } of [binary, large, bare]) t.equal(user.received, "10.disconnect;");
});

t.test("input before the session stands is refused", async (t) => {
  const bench = await withBench(t);
  bench.guacd.answer = "";
  const viewer = bench.viewer();
  await once(viewer.socket, "open");
  viewer.send(key(98, 1));
  await endedWith(t, bench, viewer, "instruction-refused", "early");
});

t.test("a flood is cut off", async (t) => {
  const bench = await withBench(t, { limits: { instructionsPerSecond: 10, instructionBurst: 20 } });
  const many = await bench.session();
  for (let i = 0; i < 40; i += 1) many.viewer.send(instruction("mouse", i, i, 0));
  await endedWith(t, bench, many.viewer, "rate-exceeded", "instructions");
  const heavy = await withBench(t, { limits: { bytesPerSecond: 100, byteBurst: 1000 } });
  const { viewer } = await heavy.session();
  viewer.send(instruction("nop").repeat(300));
  await endedWith(t, heavy, viewer, "byte-rate-exceeded", "bytes");
});

t.test("a viewer that falls silent is gone", async (t) => {
  const bench = await withBench(t, { timeouts: { viewerSilence: 1 } });
  const { viewer, watch } = await bench.session();
  await endedWith(t, bench, viewer, "client-timeout", "silence");
  t.ok(watch.ticks > 0, "the judge hears the time pass");
});

t.test("a dead, silent, refusing or babbling guacd is told as such", async (t) => {
  const gone = await withBench(t, { options: { guacd: [{ host: "127.0.0.1", port: 1, tls: null }] } });
  await endedWith(t, gone, gone.viewer(), "upstream-unreachable", "nobody listens");

  const bench = await withBench(t, { timeouts: { handshake: 1 } });
  const dying = await bench.session();
  dying.user.socket.destroy();
  await endedWith(t, bench, dying.viewer, "upstream-closed", "it died");
  const babbling = await bench.session();
  babbling.user.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  await endedWith(t, bench, babbling.viewer, "upstream-malformed", "no guacd");

  bench.guacd.answer = instruction("error", "No such desktop", 519);
  await endedWith(t, bench, bench.viewer(), "upstream-refused", "it says no");
  bench.guacd.answer = "";
  await endedWith(t, bench, bench.viewer(), "upstream-timeout", "it says nothing");
});

t.test("guacd's own error reaches the viewer once, with guacd's status", async (t) => {
  const bench = await withBench(t);
  const { viewer, user } = await bench.session();
  user.socket.end(instruction("error", "Gone", 0x020a));
  t.same(await viewer.closed, { code: 1011, reason: String(0x020a) });
  t.equal(viewer.text.match(/5\.error/g)?.length, 1);
  const clean = await bench.session();
  clean.user.socket.end("10.disconnect;");
  t.equal((await clean.viewer.closed).code, 1000);
});

t.test("a guacd that cannot be reached is passed over", async (t) => {
  const bench = await withBench(t);
  const [live] = bench.options.guacd;
  bench.proxy.reload({ ...bench.options, guacd: [{ host: "127.0.0.1", port: 1, tls: null }, live] });
  await bench.session();
  await bench.session();
  t.equal(bench.tally.sessionsLive, 2);
});

/** A port whose host seems to be switched off: nobody accepts, and its queue is full. */
async function blackHole(t: Test): Promise<number> {
  const thread = new Worker(
    `const { createServer } = require("node:net");
     const { parentPort } = require("node:worker_threads");
     const server = createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [port] = (await once(thread, "message")) as [number];
  const waiting = Array.from({ length: 4 }, () => connect({ port, host: "127.0.0.1" }).on("error", () => {}));
  await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, "connect")));
  t.teardown(async () => {
    for (const socket of waiting) socket.destroy();
    await thread.terminate();
  });
  return port;
}

t.test("a guacd that does not answer at all is passed over too", async (t) => {
  const bench = await withBench(t, { timeouts: { connect: 1 } });
  const [live] = bench.options.guacd;
  const dead = { host: "127.0.0.1", port: await blackHole(t), tls: null };
  bench.proxy.reload({ ...bench.options, guacd: [dead, live] });
  await Promise.all([bench.session(), bench.session()]);
  t.equal(bench.tally.sessionsLive, 2);
  bench.proxy.reload({ ...bench.options, guacd: [dead] });
  await endedWith(t, bench, bench.viewer(), "upstream-timeout", "where there is no other");
});

t.test("draining refuses newcomers, waits for the others, and ends them at the deadline", async (t) => {
  const bench = await withBench(t);
  const first = await bench.session();
  const second = await bench.session();
  const drained = bench.proxy.drain(300);
  await endedWith(t, bench, bench.viewer(), "gateway-draining", "a newcomer");
  first.viewer.send(key(98, 1));
  await first.user.saw(key(98, 1));
  first.viewer.socket.close();
  await drained;
  await endedWith(t, bench, second.viewer, "gateway-draining", "who is left");
  t.equal(bench.tally.sessionsLive, 0);
});

t.test("a viewer that stops reading costs its own target, not the gateway's memory", async (t) => {
  const bench = await withBench(t, { timeouts: { viewerStall: 3 } });
  const { viewer, user } = await bench.session();
  viewer.socket.pause();
  const blobs = Buffer.from(instruction("blob", 1, "A".repeat(8064)).repeat(100) + instruction("sync", 1));
  let blasting = true;
  const blast = (): void => {
    while (user.socket.writableLength < 4 * 1024 * 1024) user.send(blobs);
    if (blasting) setImmediate(blast);
  };
  blast();
  // until every buffer on the way is full and the gateway reads no more
  for (let passed = -1; passed < bench.tally.bytesToClient || bench.tally.backpressurePauses === 0;) {
    passed = bench.tally.bytesToClient;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const before = process.memoryUsage();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const after = process.memoryUsage();
  const grown = after.external + after.arrayBuffers - before.external - before.arrayBuffers;
  t.ok(grown < 1024 * 1024, `grew by ${grown} bytes`);
  t.equal(bench.tally.backpressurePauses > 0, true);
  blasting = false;
  while (!bench.tally.refusals.has("client-stalled")) await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(bench.tally.sessionsLive, 0);
});
