import t from "tap";
import { type XEvent, XevReader } from "./xev.ts";

const printed = `MotionNotify event, serial 28, synthetic NO, window 0x200001,
    root 0x4f, subw 0x0, time 1752417, (98,98), root:(100,100),
    state 0x0, is_hint 0, same_screen YES

KeyPress event, serial 28, synthetic NO, window 0x200001,
    root 0x4f, subw 0x0, time 1752417, (98,98), root:(100,100),
    state 0x0, keycode 38 (keysym 0x61, a), same_screen YES,
    XLookupString gives 1 bytes: (61) "a"
    XmbLookupString gives 1 bytes: (61) "a"
    XFilterEvent returns: False

ButtonRelease event, serial 28, synthetic NO, window 0x200001,
    root 0x4f, subw 0x0, time 1752417, (98,98), root:(7,9),
    state 0x100, button 1, same_screen YES

KeyPress event, serial 31, synthetic NO, window 0x200001,
    root 0x4f, subw 0x0, time 1752423, (98,98), root:(100,100),
    state 0x0, keycode 50 (keysym 0xffe1, Shift_L), same_screen YES,
    XLookupString gives 0 bytes: 
    XFilterEvent returns: False
`;

t.test("xev's print becomes events, in order", (t) => {
  const events: XEvent[] = [];
  const reader = new XevReader((event) => events.push(event));
  for (const line of printed.split("\n")) reader.line(line);
  t.same(events, [
    { kind: "motion", x: 100, y: 100 },
    { kind: "key", keysym: 0x61, name: "a", text: "a", modifier: false, pressed: true },
    { kind: "button", button: 1, pressed: false, x: 7, y: 9 },
    { kind: "key", keysym: 0xffe1, name: "Shift_L", text: "", modifier: true, pressed: true },
  ]);
  t.end();
});
