import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import t from "tap";
import { PrivateFile, writePrivate } from "./private-file.ts";

t.test("a private file is whole or not there, and for nobody else", (t) => {
  const folder = t.testdir();
  const file = `${folder}/export.jsonl`;
  const broken = () =>
    writePrivate(file, (put) => {
      put("half\n");
      t.same(readdirSync(folder), [`export.jsonl.part-${process.pid}`], "what is not whole has another name");
      throw new Error("the chain is broken");
    });
  t.throws(broken, { message: "the chain is broken" });
  t.same(readdirSync(folder), []);
  writePrivate(file, (put) => {
    put("one\n");
    put(Buffer.from("two\n"));
  });
  t.equal(readFileSync(file, "utf8"), "one\ntwo\n");
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.same(readdirSync(folder), ["export.jsonl"]);
  t.end();
});

t.test("a file that is there stays, also one that comes meanwhile", (t) => {
  const folder = t.testdir({ there: "theirs", dir: {} });
  chmodSync(`${folder}/there`, 0o644);
  for (const name of ["there", "dir", "none/file"])
    t.throws(() => new PrivateFile(`${folder}/${name}`), { code: "file-unusable" }, name);
  const made = new PrivateFile(`${folder}/new`);
  made.put("ours");
  writeFileSync(`${folder}/new`, "theirs");
  t.throws(() => made.keep(), { code: "file-unusable", detail: /new exists already/ });
  for (const name of ["there", "new"]) t.equal(readFileSync(`${folder}/${name}`, "utf8"), "theirs");
  t.same(readdirSync(folder).toSorted(), ["dir", "new", "there"]);
  t.end();
});

t.test("what is no file is written to as it is", (t) => {
  t.doesNotThrow(() => writePrivate("/dev/null", (put) => put("x")));
  t.throws(() => writePrivate("/dev/full", (put) => put("x")), { code: "file-unusable", detail: /ENOSPC/ });
  t.end();
});
