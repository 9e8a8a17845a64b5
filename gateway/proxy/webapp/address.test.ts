import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../../core/errors.ts";
import { parameter, readAddress, withoutLastSlash } from "./address.ts";

t.test("what two readers could read in two ways is refused", async (t) => {
  const refused = [
    "/guacamole/websocket-tunnel;jsessionid=1",
    "/guacamole/%77ebsocket-tunnel",
    "/guacamole//websocket-tunnel",
    "//guacamole/websocket-tunnel",
    "/guacamole/./websocket-tunnel",
    "/guacamole/x/../websocket-tunnel",
    "/guacamole/x/%2e%2e/websocket-tunnel",
    "/guacamole;a=b/websocket-tunnel",
    "http://elsewhere/guacamole/",
    "guacamole/",
    "/guacamole/a%2fb",
    "/guacamole/a%5Cb",
    "/guacamole/a\\b",
    "/guacamole/a%00",
    "/guacamole/a%0d%0aSet-Cookie:x",
    "/guacamole/%ff",
    "/guacamole/%e0%80%af",
    "/guacamole/a%3Bb",
    "/guacamole/api/tokens?%74oken=a&b=1",
    "/guacamole/api/session?token=a&token=b",
    "/guacamole/api/session?a=1;token=b",
    "/guacamole/#x",
    "/guacamole/é",
    "*",
    "",
  ];
  for (const target of refused)
    t.throws(() => readAddress(target), { code: "request-malformed" }, target === "" ? "nothing" : target);
});

t.test("what the stock page asks for passes", async (t) => {
  const asked: [string, readonly string[]][] = [
    ["/guacamole/", ["guacamole", ""]],
    ["/guacamole/app.js?b=20240101", ["guacamole", "app.js"]],
    [
      "/guacamole/api/session/data/mysql/users/j%40x%20y",
      ["guacamole", "api", "session", "data", "mysql", "users", "j@x y"],
    ],
    [
      "/guacamole/api/session/data/mysql/connectionGroups/ROOT/tree?permission=READ&permission=UPDATE",
      ["guacamole", "api", "session", "data", "mysql", "connectionGroups", "ROOT", "tree"],
    ],
    ["/guacamole/tunnel?read:0b3a9a52-aaaa-4bbb-8ccc-0123456789ab:17", ["guacamole", "tunnel"]],
    ["/guacamole/tunnel?connect", ["guacamole", "tunnel"]],
  ];
  for (const [target, segments] of asked) t.same(readAddress(target).segments, segments, target);
  t.equal(parameter(readAddress("/a?token=A%2BB&x=1").query, "token"), "A+B");
});

t.test(
  "whatever is accepted is one path: reading what was written gives the same, and it hides no other",
  async (t) => {
    const part = fc.oneof(
      fc.constantFrom("websocket-tunnel", "api", "..", ".", "%2e", "%77", "%25", "a;b", ""),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), fc.string({ maxLength: 20 }), (parts, tail) => {
        const target = `/${parts.join("/")}${tail}`;
        let read;
        try {
          read = readAddress(target);
        } catch (error) {
          return error instanceof SamehandError && error.code === "request-malformed";
        }
        const again = readAddress(read.url);
        const decoded = new URL(read.url, "http://x").pathname.split("/").slice(1).map(decodeURIComponent);
        return (
          again.url === read.url &&
          again.segments.join("/") === read.segments.join("/") &&
          decoded.join("/") === read.segments.join("/")
        );
      }),
      { numRuns: 2000 },
    );
    t.pass("2000 targets");
  },
);

t.test("an address with a slash at its end is the one without", (t) => {
  t.same(withoutLastSlash(readAddress("/guacamole/api/tokens/?a=1")), readAddress("/guacamole/api/tokens?a=1"));
  const plain = readAddress("/guacamole/api/tokens");
  t.equal(withoutLastSlash(plain), plain);
  t.end();
});
