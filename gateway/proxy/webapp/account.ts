/** Whose account is whose: one agent, however the account is spelt. */
import { SamehandError } from "../../core/errors.ts";
import { type AgentName, agentName } from "../../core/units.ts";

export interface People {
  /** Accounts of the same person: `<data source>/<user>`, in the one spelling, to the agent's name. */
  readonly people: ReadonlyMap<string, string>;
  /** Whether accounts that differ in case alone are of different people. */
  readonly caseSensitive: boolean;
}

/** @param people as the configuration has them @throws SamehandError `config-invalid` where one account is two agents */
export const peopleOf = (people: Readonly<Record<string, string>>, caseSensitive: boolean): People => {
  const spell = spelling(caseSensitive);
  const spelt = new Map<string, string>();
  for (const [account, agent] of Object.entries(people)) {
    const [of, is] = [spell(account), spell(agent)];
    if ((spelt.get(of) ?? is) !== is)
      throw new SamehandError("config-invalid", `webapp.people: ${of}, however it is spelt, is one agent`);
    spelt.set(of, is);
  }
  return { people: spelt, caseSensitive };
};

/**
 * The agent of an account. LDAP, RADIUS and many databases let one person sign in as `anna`, `Anna` and `anna `, and the
 * application says what was typed: each would be somebody else, with no lock, no doubt and nothing known.
 * @param account `<data source>/<user>`
 */
export function agentOf(account: string, { people, caseSensitive }: People): AgentName {
  const name = spelling(caseSensitive)(account);
  return agentName(people.get(name) ?? name);
}

/**
 * The one spelling of accounts, as directories compare names (RFC 4518): compatible letters are one letter, and so are
 * several spaces. A name that is none of an account stays as it is; one that is spelt so already does too.
 */
export const spelling =
  (caseSensitive: boolean) =>
  (account: string): AgentName => {
    if (!account.includes("/")) return agentName(account);
    const [source = "", ...user] = account.normalize("NFKC").split("/");
    const name = `${source}/${user.join("/").trim().replaceAll(/\s+/g, " ")}`;
    return agentName(caseSensitive ? name : folded(name));
  };

/**
 * Without case, as Unicode folds it, `Straße` as `STRASSE` and the sigma of a word's end as any: of lower case alone some
 * letters have two. It leaves marks behind a letter in another order. The dotless i is a letter of its own.
 */
const folded = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\u0131]+/g, (part) => part.toUpperCase().toLowerCase())
    .replaceAll("\u03c2", "\u03c3")
    .normalize("NFKC");
