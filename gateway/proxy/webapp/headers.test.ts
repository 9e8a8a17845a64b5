import type { IncomingMessage } from "node:http";
import t from "tap";
import { clientAddress, requestHeaders, responseHeaders } from "./headers.ts";

const trust = { proxies: ["192.0.2.10"], identityHeaders: ["remote_user"] };
const from = (remoteAddress: string, headers: Record<string, string>): IncomingMessage =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;

t.test("nobody but a trusted proxy says who or where somebody is", async (t) => {
  const headers = {
    host: "desk.example",
    remote_user: "boss",
    "remote-user": "boss",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-proto": "https",
    "x-real-ip": "203.0.113.9",
    forwarded: "for=203.0.113.9",
    cookie: "a=b",
  };
  t.same(requestHeaders(from("198.51.100.7", headers), trust, false), {
    host: "desk.example",
    cookie: "a=b",
    "x-forwarded-for": "198.51.100.7",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "desk.example",
  });
  const believed = requestHeaders(from("::ffff:192.0.2.10", headers), trust, false);
  t.match(believed, {
    remote_user: "boss",
    "x-forwarded-for": "203.0.113.9, 192.0.2.10",
    "x-forwarded-proto": "https",
  });
});

t.test("the client's address is the first that no trusted proxy vouches for", async (t) => {
  const asks = (address: string, hops: string) => clientAddress(from(address, { "x-forwarded-for": hops }), trust);
  t.equal(asks("198.51.100.7", "203.0.113.9"), "198.51.100.7", "an untrusted peer's word counts for nothing");
  t.equal(asks("192.0.2.10", "203.0.113.9"), "203.0.113.9");
  t.equal(asks("192.0.2.10", "10.9.9.9, 203.0.113.9"), "203.0.113.9", "what the client wrote in front is not believed");
  t.equal(asks("192.0.2.10", "203.0.113.9, 192.0.2.10"), "203.0.113.9");
  t.equal(asks("192.0.2.10", "not an address"), "192.0.2.10");
});

t.test("headers of one hop stay on it", async (t) => {
  const out = requestHeaders(
    from("198.51.100.7", {
      connection: "keep-alive, x-mine",
      "x-mine": "1",
      te: "trailers",
      upgrade: "h2c",
      accept: "*/*",
    }),
    trust,
    true,
  );
  t.same(Object.keys(out).sort(), ["accept", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]);
  t.same(responseHeaders({ connection: "close", "set-cookie": ["a", "b"], "transfer-encoding": "chunked" }), {
    "set-cookie": ["a", "b"],
  });
});
