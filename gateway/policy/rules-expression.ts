/**
 * A rule's condition in CEL (https://cel.dev): typed over the facts, checked when the policy is loaded, about a
 * microsecond to evaluate.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { maturities } from "../core/maturity.ts";
import type { Facts } from "./rules.ts";

/** A condition that cannot be used. `offset` is the place in its text. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

export type Condition = (facts: CelFacts) => unknown;

const longest = 4096;

// CEL's types are classes to the evaluator; the same instances are filled anew for each ruling.
class Llr {
  keyboard = 0;
  pointer = 0;
  total = 0;
}
class Alone {
  keyboard = 0;
  pointer = 0;
}
class Thresholds {
  alert = 0;
  quarantine = 0;
  sever = 0;
}
class Agent {
  name = "";
  maturity = "";
  keystrokes = 0;
  actions = 0;
}
class Session {
  seconds = 0;
  keystrokes = 0;
  actions = 0;
  quarantines = 0;
  quarantinedSeconds = 0;
}
class Link {
  jitterMs = 0;
  good = true;
}

/** The facts as CEL sees them. */
export class CelFacts {
  trust = 0;
  readonly llr = new Llr();
  readonly alone = new Alone();
  readonly thresholds = new Thresholds();
  readonly agent = new Agent();
  readonly session = new Session();
  readonly link = new Link();
  signals: readonly string[] = [];
  hour = 0;

  fill(facts: Facts): void {
    this.trust = facts.trust;
    this.signals = facts.signals;
    this.hour = facts.hour;
    Object.assign(this.llr, facts.llr);
    Object.assign(this.alone, facts.alone);
    Object.assign(this.thresholds, facts.thresholds);
    Object.assign(this.agent, facts.agent);
    Object.assign(this.session, facts.session);
    Object.assign(this.link, facts.link);
  }
}

type Class = new () => object;
const celType = { number: "double", string: "string", boolean: "bool" } as Readonly<Record<string, string>>;
const fieldsOf = (type: Class): Record<string, string> =>
  Object.fromEntries(Object.entries(new type()).map(([name, value]) => [name, celType[typeof value] ?? "dyn"]));

/** All numbers are doubles, so that nothing is converted at a ruling; whole numbers in a rule mix with them. */
const environment = (quarantineSeconds: number): Environment => {
  const env = new Environment({ limits: { maxAstNodes: 500, maxDepth: 30 } });
  const groups: Record<string, Class> = {
    llr: Llr,
    alone: Alone,
    thresholds: Thresholds,
    agent: Agent,
    session: Session,
    link: Link,
  };
  for (const [name, ctor] of Object.entries(groups)) {
    env.registerType(ctor.name, { ctor, fields: fieldsOf(ctor) });
    env.registerVariable(name, ctor.name);
  }
  env.registerVariable("trust", "double").registerVariable("hour", "double");
  env.registerVariable("signals", "list<string>");
  env.registerConstant("quarantineSeconds", "double", quarantineSeconds);
  env.registerOperator("double == int", (a: number, b: bigint) => a === Number(b));
  env.registerOperator("double + int", (a: number, b: bigint) => a + Number(b));
  env.registerOperator("double - int", (a: number, b: bigint) => a - Number(b));
  env.registerOperator("double * int", (a: number, b: bigint) => a * Number(b));
  env.registerOperator("double / int", (a: number, b: bigint) => a / Number(b));
  return env;
};

/** Compiles the conditions of one policy. @param quarantineSeconds the policy's, a constant to its rules */
export function compiler(quarantineSeconds: number): (text: string) => Condition {
  const env = environment(quarantineSeconds);
  return (text) => {
    if (text.length > longest) throw new ExpressionError(`longer than ${longest} characters`, 0);
    const { valid, type, error } = env.check(text);
    if (!valid) throw new ExpressionError(summary(error), error?.range?.start ?? 0);
    if (type !== "bool") throw new ExpressionError(`must be true or false, is of type ${type}`, 0);
    const condition = env.parse(text);
    refuseUnknownMaturity(condition.ast);
    return condition;
  };
}

const summary = (error: { summary?: string; message: string } | undefined): string => {
  const text = error?.summary ?? error?.message.split("\n")[0] ?? "not valid";
  return text.charAt(0).toLowerCase() + text.slice(1);
};

/** A misspelt maturity would compare as false for ever, and let everybody in: it is a fault. */
function refuseUnknownMaturity(node: ASTNode): void {
  if (node.op === "==" || node.op === "!=") {
    const [left, right] = node.args;
    const literal = isMaturity(left) ? right : isMaturity(right) ? left : null;
    if (literal?.op === "value" && !(maturities as readonly unknown[]).includes(literal.args))
      throw new ExpressionError(`agent.maturity is one of ${maturities.join(", ")}`, literal.start);
  }
  for (const child of childrenOf(node.args)) refuseUnknownMaturity(child);
}

const isMaturity = (node: ASTNode): boolean =>
  node.op === "." && node.args[1] === "maturity" && node.args[0].op === "id" && node.args[0].args === "agent";

function* childrenOf(args: unknown): Generator<ASTNode> {
  if (Array.isArray(args)) for (const item of args) yield* childrenOf(item);
  else if (typeof args === "object" && args !== null && "op" in args) yield args as ASTNode;
}
