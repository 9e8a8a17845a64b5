import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import { Handshake, type HandshakeOptions, negotiate } from "./handshake.ts";
import { instruction } from "./instructions.ts";

const options: HandshakeOptions = {
  select: "vnc",
  settings: { hostname: "10.0.0.7", password: "geheim", "read-only": "true", unknown: "x", constructor: "y" },
  width: 1024,
  height: 768,
  dpi: 96,
  audio: [],
  video: [],
  image: ["image/png", "image/jpeg"],
  timezone: "Europe/Berlin",
  name: "Jörg 😀",
};

/** A whole handshake with guacd's words in the given chunks: what was sent, and what was left of the stream. */
function converse(chunks: readonly Buffer[], wanted: HandshakeOptions = options) {
  const handshake = new Handshake(wanted);
  let sent = handshake.start();
  let rest = "";
  for (const chunk of chunks) {
    const end = handshake.connectionId === "" ? handshake.receive(chunk, 0, chunk.length, (text) => (sent += text)) : 0;
    rest += chunk.toString("latin1", end);
  }
  return { sent, rest, id: handshake.connectionId, version: handshake.version };
}

const id = "$260d01da-779b-4ee9-afc1-c16bae885cc7";
const args = instruction("args", "VERSION_1_5_0", "hostname", "port", "read-only", "password", "toString");
const ready = instruction("ready", id);
const session = instruction("size", 0, 1024, 768) + "4.sync,";

const answered =
  instruction("size", 1024, 768, 96) +
  "5.audio;5.video;5.image,9.image/png,10.image/jpeg;" +
  instruction("timezone", "Europe/Berlin") +
  "4.name,6.Jörg 😀;" +
  instruction("connect", "VERSION_1_5_0", "10.0.0.7", "", "true", "geheim", "");

t.test("the settings go out in the order of guacd's arguments", (t) => {
  const { sent, rest, id: got, version } = converse([Buffer.from(args), Buffer.from(ready + session)]);
  t.equal(sent, instruction("select", "vnc") + answered);
  t.equal(got, id);
  t.equal(version, "VERSION_1_5_0");
  t.equal(rest, session, "what comes after ready is the session's");
  t.end();
});

t.test("guacd is never asked to take touches, whatever the connection's settings say", (t) => {
  const wanted = { ...options, settings: { "enable-touch": "true", hostname: "10.0.0.7" } };
  const asked = instruction("args", "VERSION_1_5_0", "hostname", "enable-touch");
  const { sent } = converse([Buffer.from(asked + ready)], wanted);
  t.ok(sent.endsWith(instruction("connect", "VERSION_1_5_0", "10.0.0.7", "")));
  t.end();
});

t.test("a handshake that is cut at any byte goes the same way", (t) => {
  const stream = Buffer.from(`3.nop;${args}3.log,2.ä;;${ready}${session}`);
  const whole = converse([stream]);
  t.equal(whole.rest, session);
  for (let cut = 1; cut < stream.length; cut++)
    t.same(converse([stream.subarray(0, cut), stream.subarray(cut)]), whole, `cut at ${cut}`);
  t.same(converse(Array.from(stream, (_, i) => stream.subarray(i, i + 1))), whole, "byte by byte");
  t.end();
});

t.test("each version gets what it knows", (t) => {
  const answer = (version: string): string => converse([Buffer.from(instruction("args", version, "hostname"))]).sent;
  t.match(answer("VERSION_1_3_0"), "8.timezone,13.Europe/Berlin;7.connect,13.VERSION_1_3_0,8.10.0.0.7;");
  t.match(answer("VERSION_1_1_0"), "8.timezone,13.Europe/Berlin;7.connect,13.VERSION_1_1_0,");
  t.match(answer("VERSION_1_0_0"), "image/jpeg;7.connect,13.VERSION_1_0_0,");
  t.match(answer("hostname"), "image/jpeg;7.connect,8.10.0.0.7,8.10.0.0.7;", "guacd before 1.1.0 names no version");
  t.match(answer("VERSION_1_6_2"), "4.name,6.Jörg 😀;7.connect,13.VERSION_1_5_0,");
  t.equal(negotiate("VERSION_1_2_0"), "VERSION_1_1_0");
  t.equal(negotiate("VERSION_2_0_0"), "VERSION_1_5_0");
  t.equal(negotiate("VERSION_1_10_0"), "VERSION_1_5_0");
  t.equal(negotiate("VERSION_0_9_0"), "VERSION_1_0_0");
  t.throws(() => negotiate("VERSION_x"), { code: "upstream-malformed" });
  t.end();
});

t.test("a live connection is joined by its id", (t) => {
  t.equal(new Handshake({ ...options, select: id }).start(), `6.select,37.${id};`);
  t.end();
});

t.test("guacd's refusals and nonsense are coded errors without a secret", (t) => {
  const fails = (code: string, ...chunks: string[]): void => {
    t.throws(() => converse(chunks.map((chunk) => Buffer.from(chunk))), { code }, chunks.join("|").slice(0, 50));
  };
  fails("upstream-refused", instruction("error", "No such connection\r\n.", 516));
  fails("upstream-refused", args, instruction("error", "Aborted. See logs.", 519));
  fails("upstream-malformed", ready);
  fails("upstream-malformed", args, args);
  fails("upstream-malformed", args, "5.ready;");
  fails("upstream-malformed", args, "5.ready,0.;");
  fails("upstream-malformed", "HTTP/1.1 400 Bad Request\r\n");
  fails("upstream-malformed", "\u0000\u0001");
  fails("upstream-malformed", "3.nop;".repeat(10_000));
  fails("upstream-malformed", `4.args${",9.aaaaaaaaa".repeat(5000)}`);
  t.throws(() => converse([Buffer.concat([Buffer.from("4.args,1."), Buffer.from([0xff]), Buffer.from(";")])]), {
    code: "upstream-malformed",
  });
  for (const password of ["a\0b", "a".repeat(8193), "geheim\ud800"])
    try {
      converse([Buffer.from(args)], { ...options, settings: { password } });
      t.fail("sent");
    } catch (error) {
      t.equal((error as SamehandError).code, "upstream-refused");
      t.notMatch((error as Error).message, /aaa|geheim/);
    }
  const many = instruction("args", ...Array.from({ length: 127 }, (_, i) => `a${i}`));
  converse([Buffer.from(many)]);
  t.throws(() => converse([Buffer.from(instruction("args", ...Array.from({ length: 128 }, () => "a")))]), {
    code: "upstream-refused",
  });
  t.end();
});

t.test("any bytes whatever throw nothing but coded errors", (t) => {
  const word = fc.constantFrom("4.args", ",", ";", "5.ready", "5.error", "3.nop", "1.a", "13.VERSION_1_5_0", "ä", ".");
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(word).map((words) => words.join("")),
        ),
        (text) => {
          try {
            converse([Buffer.from(text)]);
          } catch (error) {
            if (!(error instanceof SamehandError)) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
  t.end();
});
