import { readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import t from "tap";
import { keptDevelopmentPki } from "./pki.ts";

t.test("a development certificate stays over starts, and is made anew where it was left in half", async (t) => {
  const folder = `${t.testdir()}/development-tls`;
  const first = await keptDevelopmentPki(folder);
  t.same(await keptDevelopmentPki(folder), first, "browsers need to trust it once");
  const harms: Record<string, (file: string) => void> = {
    gone: (file) => rmSync(file),
    empty: (file) => truncateSync(file, 0),
    half: (file) => truncateSync(file, 300),
  };
  let before = first;
  for (const [harm, name] of [
    ["gone", "server.pem"],
    ["gone", "server.key"],
    ["half", "server.key"],
    ["half", "server.pem"],
    ["empty", "ca.pem"],
  ] as const) {
    harms[harm]?.(`${folder}/${name}`);
    const again = await keptDevelopmentPki(folder);
    t.not(again.cert, before.cert, `${name} ${harm}`);
    t.same(await keptDevelopmentPki(folder), again);
    before = again;
  }
  t.same(readdirSync(folder).toSorted(), ["ca.pem", "server.key", "server.pem"]);
  t.equal(statSync(`${folder}/server.key`).mode & 0o777, 0o600);
  t.equal(readFileSync(`${folder}/server.pem`, "utf8"), before.cert);
});
