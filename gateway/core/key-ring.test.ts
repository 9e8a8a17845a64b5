import t from "tap";
import { SamehandError } from "./errors.ts";
import { KeyRing, newKeyLine, parseKeyRing } from "./key-ring.ts";

const day = new Date("2026-11-23T10:00:00Z");

t.test("the last key is the newest, and every key is found by its id", (t) => {
  const [one, two] = [newKeyLine(day), newKeyLine(day)];
  const ring = parseKeyRing(`# profiles\n${one}\n\n  ${two}  # since November\n`, "keys");
  t.equal(ring.keys.length, 2);
  t.equal(`${ring.newest.id}:${Buffer.from(ring.newest.secret).toString("base64url")}`, two);
  t.equal(ring.get(one.split(":")[0] ?? "")?.secret.length, 32);
  t.equal(ring.get("other"), null);
  t.equal(parseKeyRing(`${one},${two}`, "SAMEHAND_KEYS").newest.id, ring.newest.id, "commas, for a variable");
  t.end();
});

t.test("a bad ring is refused by its line, and never quoted", (t) => {
  const good = newKeyLine(day);
  const [id = "", secret = ""] = good.split(":");
  const cases: [string, RegExp][] = [
    ["", /keys: no key in it/],
    ["# nothing\n", /no key/],
    [`${good}\nsecret-without-id`, /keys:2: not/],
    [`${id}:${secret.slice(2)}`, /keys:1: not/],
    [`${good}\n${good}`, /two keys have the id/],
    [`${good}\nother:${secret}`, /are the same key/],
  ];
  for (const [text, expected] of cases) {
    const error = t.throws(() => parseKeyRing(text, "keys"), {
      code: "key-invalid",
      detail: expected,
    }) as SamehandError;
    t.notMatch(error.message, secret.slice(5, 20), "no secret in the message");
    t.notMatch(error.message, "secret-without-id");
  }
  t.throws(() => new KeyRing([], "nothing"), { code: "key-invalid" });
  t.end();
});
