import t from "tap";
import { maturityOf } from "./maturity.ts";

const enrolment = {
  provisional: { keystrokes: 500, actions: 100, days: 1 },
  mature: { keystrokes: 2000, actions: 0, days: 3 },
};

t.test("a step needs all of its amounts, and 0 asks nothing", (t) => {
  t.equal(maturityOf({ keystrokes: 499, actions: 5000, days: 9 }, enrolment), "enrolling");
  t.equal(maturityOf({ keystrokes: 500, actions: 100, days: 1 }, enrolment), "provisional");
  t.equal(maturityOf({ keystrokes: 9000, actions: 100, days: 2 }, enrolment), "provisional");
  t.equal(maturityOf({ keystrokes: 2000, actions: 0, days: 3 }, enrolment), "mature");
  t.end();
});
