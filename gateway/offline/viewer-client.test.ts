import t from "tap";
import { instruction, instructionsOf } from "./viewer-client.ts";

t.test("instructions are read by code points, so that an emoji counts once", (t) => {
  const wire = instruction("name", "a😀é") + instruction("", "ping") + instruction("nop");
  t.equal(wire, "4.name,3.a😀é;0.,4.ping;3.nop;");
  t.same([...instructionsOf(wire)], [["name", "a😀é"], ["", "ping"], ["nop"]]);
  t.end();
});
