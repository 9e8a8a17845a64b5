/** The way of a viewer's input to a target that keeps what it was written. */
import t from "tap";
import { TestWatch } from "../../test/fixtures/proxy-bench.ts";
import type { SessionControl, SessionInfo, Ticket } from "../core/session.ts";
import { Tally } from "../core/tally.ts";
import { millis } from "../core/units.ts";
import { ClientParser } from "../protocol/guacamole/client-parser.ts";
import { instruction } from "../protocol/guacamole/instructions.ts";
import { ServerScanner } from "../protocol/guacamole/server-scanner.ts";
import { InputPath } from "./input-path.ts";
import { Link } from "./link.ts";
import { Output } from "./output.ts";
import type { Target } from "./target.ts";

/** @param drives whether anything that its viewer does may reach the target */
function stage(drives: boolean) {
  let written = "";
  const target: Target = {
    scanner: new ServerScanner(),
    connectionId: "",
    tunnelId: "",
    connecting: false,
    waiting: 0,
    write(bytes) {
      written += bytes.toString();
      return false;
    },
    taken() {},
    trim() {},
    end() {},
  };
  const gate = { drives, held: false, flows: () => drives && !gate.held, answer() {}, leave() {} };
  const output = new Output(65_536);
  const watch = new TestWatch({} as Ticket, {} as SessionInfo, {} as SessionControl);
  const path = new InputPath(watch, target, output, new Tally(), new Link(), gate);
  const parser = new ClientParser();
  const say = (text: string): void => {
    const bytes = Buffer.from(text);
    parser.parse(bytes, 0, bytes.length, (instruction) => {
      path.hear(millis(0), instruction);
      return true;
    });
    output.flush(target);
  };
  const hold = (held: boolean): void => {
    gate.held = held;
    if (held) path.hold();
    else path.release(millis(1000));
  };
  return { say, hold, written: () => written };
}

const pressed = instruction("key", 0xffe1, 1) + instruction("mouse", 5, 5, 1);
const size = instruction("size", 640, 480);

t.test("a hold lets go of what is pressed, and the size that was asked for in it follows", (t) => {
  const { say, hold, written } = stage(true);
  say(pressed);
  hold(true);
  say(size);
  hold(false);
  t.equal(written(), pressed + instruction("key", 0xffe1, 0) + instruction("mouse", 5, 5, 0) + size);
  t.end();
});

t.test("who only looks on lets go of nothing and asks for no size, in a hold or after it", (t) => {
  const { say, hold, written } = stage(false);
  say(pressed + size);
  hold(true);
  say(size);
  hold(false);
  t.equal(written(), "");
  t.end();
});
