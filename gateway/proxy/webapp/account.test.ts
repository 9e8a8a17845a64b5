import * as fc from "fast-check";
import t from "tap";
import { webApplicationOptions } from "../../../test/fixtures/web-application-options.ts";
import { silentLog } from "../../core/log.ts";
import { Tally } from "../../core/tally.ts";
import { agentOf, peopleOf, spelling } from "./account.ts";
import { Applications } from "./applications.ts";
import { SignIns } from "./sign-ins.ts";
import { readApplicationRequest } from "./tunnel-request.ts";
import { Visitors } from "./visitors.ts";

const spellings = ["anna", "Anna", "ANNA", " anna", "anna ", "\uff41nna"];

t.test("a person is one agent, however the name was typed at the sign-in", async (t) => {
  const options = webApplicationOptions(["http://127.0.0.1:1"]);
  const applications = new Applications(options, new Tally(), silentLog);
  t.teardown(() => applications.close());
  const signIns = new SignIns();
  const visitors = new Visitors(
    applications,
    signIns,
    () => options,
    () => true,
  );
  const agents = new Set<string>();
  for (const [n, username] of spellings.entries()) {
    signIns.learn(`token-${n}`, { dataSource: "ldap", username, address: "192.0.2.1", upstream: 0 });
    const query = `token=token-${n}&GUAC_DATA_SOURCE=ldap&GUAC_ID=desktop&GUAC_TYPE=c`;
    const visitor = await visitors.find(readApplicationRequest(query), "192.0.2.1");
    agents.add(visitor.ticket.agent);
  }
  t.same([...agents], ["ldap/anna"]);
});

t.test("accounts are mapped and told apart as the configuration says", (t) => {
  const folded = peopleOf({ "ldap/Anna B": "anna" }, false);
  t.equal(agentOf("ldap/anna  b", folded), "anna");
  t.equal(agentOf("mysql/Anna B", folded), "mysql/anna b");
  t.equal(agentOf("ldap/ou/Anna", folded), "ldap/ou/anna");
  t.equal(agentOf("mysql/b", peopleOf({ "mysql/B": "ldap/Bob" }, false)), "ldap/bob", "the same spelling everywhere");
  const two = { "ldap/Anna": "anna-1", "ldap/anna": "anna-2" };
  t.throws(
    () => peopleOf(two, false),
    { code: "config-invalid", message: /ldap\/anna/ },
    "nobody becomes somebody else",
  );
  t.equal(agentOf("ldap/Anna", peopleOf(two, true)), "anna-1");
  t.equal(agentOf("ldap/Anna", peopleOf({ "ldap/Anna": "anna", "ldap/anna": "anna" }, false)), "anna");
  t.equal(spelling(false)("Anna"), "Anna", "a name that a token gave is no account");
  const exact = peopleOf({ "ldap/Anna B": "anna" }, true);
  t.equal(agentOf("ldap/Anna B", exact), "anna");
  t.equal(agentOf("ldap/anna b", exact), "ldap/anna b");
  t.equal(agentOf("ldap/Anna", exact), "ldap/Anna");
  t.end();
});

t.test("an account has one spelling, which stays as it is, whatever its letters", (t) => {
  const account = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).map((user) => `ldap/${user}`);
  // the dotless i and the dotted I are letters of their own, and their other case is not
  const cased = account.filter((name) => !/[\u0130\u0131]/.test(name));
  const spelt = (name: string): string | null => {
    try {
      return spelling(false)(name);
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(account, (name) => {
      const once = spelt(name);
      return once === null || spelt(once) === once;
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(cased, (name) => {
      const [lower, upper] = [spelt(name.toLowerCase()), spelt(name.toUpperCase())];
      return lower === null || upper === null || lower === upper;
    }),
    { numRuns: 2000 },
  );
  const same = [
    ["STRASSE", "Stra\u00dfe"],
    ["\u039d\u0399\u039a\u039f\u03a3", "\u03bd\u03b9\u03ba\u03bf\u03c3", "\u03bd\u03b9\u03ba\u03bf\u03c2"],
    ["H\u0331", "\u1e96"],
  ];
  for (const names of same) t.equal(new Set(names.map((name) => spelt(`ldap/${name}`))).size, 1, names.join(", "));
  t.not(spelt("ldap/\u0131lker"), spelt("ldap/ilker"));
  t.end();
});
