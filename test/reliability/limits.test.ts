/** Every limit of the front door and of a session, reached on purpose: what is over it is refused and counted, who is there lives. */
import { connect, type Socket } from "node:net";
import t, { type Test } from "tap";
import type { ErrorCode } from "../../gateway/core/errors.ts";
import { certificate } from "../fixtures/certificate.ts";
import { type Changes, ProxyBench } from "../fixtures/proxy-bench.ts";
import { press, until } from "./rig.ts";

/** A proxy with one session that lives, and a proof that it does. */
async function withSession(t: Test, changes: Changes): Promise<{ bench: ProxyBench; lives: () => Promise<void> }> {
  const bench = await ProxyBench.start(changes);
  t.teardown(() => bench.stop());
  const { viewer, user } = await bench.session();
  const lives = async (): Promise<void> => {
    user.received = "";
    press(viewer, 0x61);
    await user.saw("3.key,2.97,1.0;");
    t.equal(viewer.socket.readyState, 1, "the session lives");
  };
  return { bench, lives };
}

/** A connection with what comes back on it. */
class Raw {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  answer = "";

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (bytes) => (this.answer += bytes.toString("latin1")));
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  /** Sends a byte of `text` every few milliseconds for as long as it can. */
  drip(text: string): void {
    let at = 0;
    const timer = setInterval(() => {
      if (this.socket.destroyed) clearInterval(timer);
      else if (at < text.length) this.socket.write(text[at++] ?? "");
    }, 25);
    this.socket.once("close", () => clearInterval(timer));
  }
}

const many = (port: number, count: number): Raw[] => Array.from({ length: count }, () => new Raw(port));
const refusals = (bench: ProxyBench, code: ErrorCode): number => bench.tally.refusals.get(code) ?? 0;
const quick = { headers: 1, request: 1 };
const upgrade =
  "GET /websocket-tunnel?token=t HTTP/1.1\r\nHost: desk.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: guacamole\r\n\r\n";
/** A client's frame whose mask is zero. */
const frame = (first: number, payload: string): Buffer =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);

t.test("a hundred connections that drip their heads, or say nothing, are gone at the deadline", async (t) => {
  const { bench, lives } = await withSession(t, { timeouts: quick });
  const slow = many(bench.port, 50);
  for (const raw of slow) raw.drip(`GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(5000)}`);
  const silent = many(bench.port, 50);
  await Promise.all([...slow, ...silent].map((raw) => raw.closed));
  for (const raw of slow) t.match(raw.answer, /^HTTP\/1.1 408 .*request-timeout/s);
  t.equal(refusals(bench, "request-timeout"), 100, "each is counted");
  await until(() => bench.tally.connectionsOpen === 1, "their places");
  await lives();
});

t.test("a body that drips is nobody's business, and ends with its connection", async (t) => {
  const { bench, lives } = await withSession(t, { timeouts: quick });
  const posts = many(bench.port, 20);
  for (const raw of posts) {
    raw.socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    raw.drip("z".repeat(100_000));
  }
  const gets = many(bench.port, 20);
  for (const raw of gets) {
    raw.socket.write("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    raw.drip("1\r\nz\r\n".repeat(10_000));
  }
  await Promise.all([...posts, ...gets].map((raw) => raw.closed));
  for (const raw of posts) t.match(raw.answer, /^HTTP\/1.1 405 /);
  await until(() => bench.tally.connectionsOpen === 1, "their places");
  await lives();
});

t.test("TLS handshakes that never come to an end are cut off", async (t) => {
  const bench = await ProxyBench.start({
    timeouts: quick,
    options: { listen: { host: "127.0.0.1", port: 0, origins: [], tls: certificate("desk.example") } },
  });
  t.teardown(() => bench.stop());
  const raws = many(bench.port, 30);
  for (const raw of raws.slice(0, 15)) raw.drip(`\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${"r".repeat(500)}`);
  await Promise.all(raws.map((raw) => raw.closed));
  t.equal(refusals(bench, "request-timeout"), 30);
  await until(() => bench.tally.connectionsOpen === 0, "their places");
});

t.test("a frame or a message that never ends is silence", async (t) => {
  const { bench, lives } = await withSession(t, { timeouts: { viewerSilence: 2 } });
  const keeping = setInterval(() => void lives(), 500);
  const raws = many(bench.port, 10);
  for (const [n, raw] of raws.entries()) {
    raw.socket.write(upgrade);
    await until(() => raw.answer.includes("0.,36."), "a session");
    // a header that promises 60,000 bytes, or fragments of a message without an end
    raw.socket.write(n % 2 === 0 ? Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]) : frame(0x01, "3.key,"));
    const timer = setInterval(() => raw.socket.write(n % 2 === 0 ? "x" : frame(0x00, "x")), 50);
    raw.socket.once("close", () => clearInterval(timer));
  }
  await Promise.all(raws.map((raw) => raw.closed));
  clearInterval(keeping);
  t.equal(refusals(bench, "client-timeout"), 10);
  await lives();
});

t.test("floods of frames of any kind are floods", async (t) => {
  const { bench, lives } = await withSession(t, { limits: { instructionsPerSecond: 100, instructionBurst: 500 } });
  const kinds = { pings: [0x89, 0x89], pongs: [0x8a, 0x8a], fragments: [0x01, 0x00], instructions: [0x81, 0x81] };
  for (const [name, [first, next]] of Object.entries(kinds)) {
    const before = refusals(bench, "rate-exceeded");
    const raw = new Raw(bench.port);
    raw.socket.write(upgrade);
    await until(() => raw.answer.includes("0.,36."), "a session");
    const payload = name === "instructions" ? "3.nop;" : "";
    raw.socket.write(
      Buffer.concat([frame(first, payload), ...Array.from({ length: 2000 }, () => frame(next, payload))]),
    );
    await raw.closed;
    t.equal(refusals(bench, "rate-exceeded"), before + 1, name);
  }
  await lives();
});

t.test("bytes a second are bounded", async (t) => {
  const { bench, lives } = await withSession(t, { limits: { bytesPerSecond: 1000, byteBurst: 100_000 } });
  const { viewer, user } = await bench.session();
  viewer.send(`4.file,1.0,0.,0.;`);
  const blob = `4.blob,1.0,8000.${"QUJD".repeat(2000)};`;
  for (let n = 0; n < 50; n++) viewer.send(blob);
  t.match(await viewer.closed, { code: 1008, reason: "797" });
  t.equal(refusals(bench, "byte-rate-exceeded"), 1);
  await user.closed;
  t.ok(user.received.length < 200_000, `guacd got ${user.received.length} bytes`);
  await lives();
});

t.test("a flood of upgrades from one address is refused before a token is looked at", async (t) => {
  const { bench, lives } = await withSession(t, { limits: { upgradesPerSecond: 0.001, upgradeBurst: 10 } });
  const raws = many(bench.port, 200);
  for (const raw of raws) raw.socket.write(upgrade);
  await until(() => raws.every((raw) => raw.answer.includes("\r\n\r\n")), "an answer to each");
  const refused = raws.filter((raw) => raw.answer.startsWith("HTTP/1.1 429 "));
  t.equal(refused.length, 191, "all but those that the burst has room for");
  t.equal(refusals(bench, "too-many-upgrades"), refused.length);
  t.equal(bench.judge.watches.length, 10, "nobody else was heard of");
  for (const raw of raws) raw.socket.destroy();
  await lives();
});

t.test("frames and instructions have a size", async (t) => {
  const { bench, lives } = await withSession(t, { limits: { frameBytes: 20_000 } });
  const frames = await bench.session();
  frames.viewer.send("3.nop;".repeat(4000));
  t.match(await frames.viewer.closed, { code: 1009 });
  const instructions = await bench.session();
  instructions.viewer.send(`9.clipboard,1.0,8193.${"a".repeat(8193)};`);
  t.match(await instructions.viewer.closed, { code: 1009 });
  t.equal(refusals(bench, "frame-too-large"), 1);
  t.equal(refusals(bench, "instruction-too-large"), 1);
  await lives();
});

t.test("a guacd that does not read pauses its own viewer, within a bound, and is let go of", async (t) => {
  const { bench, lives } = await withSession(t, {
    limits: { bufferedBytes: 100_000, bytesPerSecond: 1e9, byteBurst: 1e9 },
    timeouts: { viewerStall: 2 },
  });
  const { viewer, user } = await bench.session();
  user.socket.pause();
  viewer.send(`4.file,1.0,0.,0.;`);
  const blob = `4.blob,1.0,8000.${"QUJD".repeat(2000)};`;
  const sender = setInterval(() => {
    for (let n = 0; n < 50 && viewer.socket.bufferedAmount < 8e6; n++) viewer.send(blob);
  }, 5);
  // what the gateway takes in is what the kernel takes off it, and the bound; then it takes nothing more
  let taken = -1;
  while (taken !== bench.tally.bytesFromClient) {
    taken = bench.tally.bytesFromClient;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(taken < 12e6, `took ${taken} bytes, while ${viewer.socket.bufferedAmount} waited`);
  t.ok(viewer.socket.bufferedAmount > 1e6, "there was more");
  await lives();
  await viewer.closed;
  clearInterval(sender);
  t.equal(refusals(bench, "upstream-timeout"), 1);
  await lives();
});
