import t from "tap";
import { readTokenAnswer, SignIns } from "./sign-ins.ts";

t.test("who signed in is known by the token until the login ends", async (t) => {
  const signIns = new SignIns();
  const anna = { dataSource: "mysql", username: "anna", address: "192.0.2.1", upstream: 1 };
  signIns.learn("A".repeat(64), anna);
  t.same(signIns.of("A".repeat(64)), anna);
  t.equal(signIns.of("A".repeat(63)), null);
  signIns.forget("A".repeat(64));
  t.equal(signIns.of("A".repeat(64)), null);
});

t.test("an answer that signs nobody in is told from one that does", async (t) => {
  const answer = { authToken: "T", username: "anna", dataSource: "mysql", availableDataSources: ["mysql"] };
  t.same(readTokenAnswer(JSON.stringify(answer)), { token: "T", username: "anna", dataSource: "mysql" });
  t.same(readTokenAnswer(JSON.stringify({ ...answer, username: undefined })), {
    token: "T",
    username: "",
    dataSource: "mysql",
  });
  for (const body of ["", "null", "[]", "{}", '{"authToken":""}', '{"authToken":1,"dataSource":"x"}', "<html>"])
    t.equal(readTokenAnswer(body), null, body);
});
