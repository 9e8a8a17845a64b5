import * as fc from "fast-check";
import t from "tap";
import { SamehandError } from "../core/errors.ts";
import { parseTarget, parseTunnelRequest } from "./request.ts";

t.test("a plain target is split", (t) => {
  t.same(parseTarget("/websocket-tunnel?token=a"), { path: "/websocket-tunnel", query: "token=a" });
  for (const path of ["/", "/index.html", "/assets/app.min.js"]) t.equal(parseTarget(path).path, path);
  t.end();
});

t.test("whatever two parsers could read in two ways is refused", (t) => {
  for (const url of [
    "/websocket-tunnel;jsessionid=1",
    "/%77ebsocket-tunnel",
    "//websocket-tunnel",
    "/./websocket-tunnel",
    "/x/../websocket-tunnel",
    "/;a=b/websocket-tunnel",
    "/websocket-tunnel/",
    "http://host/websocket-tunnel",
    "*",
    "",
    "/web\\socket",
    "/websocket-tunnel#x",
  ])
    t.throws(() => parseTarget(url), { code: "request-malformed" }, url);
  for (const query of [
    "token=a&token=b",
    "%74oken=a",
    "token=a&%74oken=b",
    "tok%00en=a",
    "token=a%00",
    "token=%ff",
    "token=a&;x=1",
    "token=a&&",
    "GUAC_WIDTH=0",
    "GUAC_WIDTH=-1",
    "GUAC_WIDTH=1e3",
    "GUAC_HEIGHT=99999",
    "GUAC_DPI=0x60",
    "GUAC_TIMEZONE=%3Cb%3E",
    "GUAC_IMAGE=image",
    `GUAC_IMAGE=image%2Fpng${"&GUAC_IMAGE=image%2Fpng".repeat(16)}`,
    "a=1&".repeat(70),
  ])
    t.throws(() => parseTunnelRequest(query), { code: "request-malformed" }, query.slice(0, 40));
  t.end();
});

t.test("the stock client's parameters are read", (t) => {
  const query =
    "token=abc%2B%2F%3D&GUAC_DATA_SOURCE=mysql&GUAC_ID=1&GUAC_TYPE=c&GUAC_WIDTH=1024&GUAC_HEIGHT=700&GUAC_DPI=120" +
    "&GUAC_TIMEZONE=Europe%2FBerlin&GUAC_AUDIO=audio%2FL8&GUAC_AUDIO=audio%2FL16&GUAC_IMAGE=image%2Fpng";
  t.match(parseTunnelRequest(query), {
    token: "abc+/=",
    width: 1024,
    height: 700,
    dpi: 120,
    timezone: "Europe/Berlin",
    audio: ["audio/L8", "audio/L16"],
    image: ["image/png"],
    video: [],
  });
  t.match(parseTunnelRequest("token=a&width=640&height=480&dpi=90"), { width: 640, height: 480, dpi: 90 });
  t.equal(parseTunnelRequest("").token, "");
  t.end();
});

t.test("any text is read or refused with a code", (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webQueryParameters(), fc.webUrl()), (text) => {
      for (const read of [parseTarget, parseTunnelRequest])
        try {
          read(text);
        } catch (error) {
          if (!(error instanceof SamehandError)) throw error;
        }
    }),
  );
  t.end();
});
