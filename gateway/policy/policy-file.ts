/** Reads a policy file: budget, times, and rules in CEL, every fault told by file, line, rule and place. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { explain } from "../../config/explain.ts";
import { readText } from "../../config/text.ts";
import { parseYaml, type YamlSource } from "../../config/yaml.ts";
import { SamehandError } from "../core/errors.ts";
import { signalActs, type SignalName, signalNames, signalWords } from "../core/signal.ts";
import { stricter, verdicts } from "../core/verdict.ts";
import type { Facts, Policy, Ruling } from "./rules.ts";
import { CelFacts, compiler, type Condition, ExpressionError } from "./rules-expression.ts";

const perHour = z.number().positive().max(60);
const rule = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: "must be lower-case words joined by dashes" }),
  when: z.string().min(1).describe("a condition in CEL"),
  // oxlint-disable-next-line unicorn/no-thenable -- the policy's word; nothing awaits a rule
  then: z.enum(verdicts),
  because: z.string().min(1).max(300).describe("one lower-case sentence for the operator"),
});

const challenge = z.strictObject({
  proof: z
    .enum(["code", "passkey", "operator", "none"])
    .default("code")
    .describe(
      "asked besides the phrase: the code of an authenticator app, a passkey on another device, an operator, or nothing",
    ),
  withoutCode: z
    .enum(["phrase", "operator"])
    .default("phrase")
    .describe("what proves an agent who has neither code nor passkey: the phrase alone, or an operator besides it"),
  prompt: z
    .enum(["screen", "dialog"])
    .default("screen")
    .describe("where the code is typed: on the hold screen, or also in the client's own dialog where it has one"),
  phrase: z.boolean().default(true).describe("a random phrase is typed, whose typing must match the profile"),
  attempts: z
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe("wrong codes, and failed phrases, before the session is severed"),
  falsePasses: z
    .number()
    .positive()
    .max(0.5)
    .default(0.05)
    .describe("share of other people whom the phrase may let in"),
  operatorSeconds: z.number().positive().max(86_400).default(600).describe("how much longer an operator is waited for"),
  operatorAfter: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe("challenges passed in eight hours, after which a doubt is an operator's to settle"),
  backoffMinutes: z
    .number()
    .min(0)
    .max(60)
    .default(2)
    .describe("how long a weak doubt only alerts after a passed challenge; doubled with each in eight hours"),
});

const signalAct = z.enum(signalActs).default("report");

const policySchema = z.strictObject({
  budget: z.strictObject({
    falseQuarantinesPerHour: perHour.describe("genuine agents held, per active hour"),
    falseSeversPerHour: perHour.describe("genuine agents severed, per active hour"),
  }),
  lockMinutes: z.number().min(0).max(525_600).describe("how long an agent is locked after a sever"),
  quarantineSeconds: z.number().positive().max(86_400).describe("how long a quarantine waits"),
  strangers: z
    .enum(["enrol", "challenge", "deny"])
    .describe("agents without a profile: come in to be enrolled, are challenged at each start, or are refused"),
  consent: z
    .enum(["none", "required"])
    .default("none")
    .describe("`required`: an agent is neither learned from nor verified before a consent is recorded"),
  challenge: challenge
    .optional()
    .describe("what a quarantine asks for; absent: it ends by itself where the typing is recognised"),
  presence: z
    .strictObject({ idleMinutes: z.number().positive().max(1440).default(15).describe("without a person's input") })
    .optional()
    .describe("holds a session at which nobody is (PCI DSS 8.2.8); absent: none is held for that"),
  signals: z
    .strictObject({
      "scripted-typing": signalAct.describe("keys that come as no hand presses them"),
      "scripted-pointing": signalAct.describe("a pointer that moves or clicks as no hand does it"),
    })
    .prefault({})
    .describe("what the input itself tells, whoever the agent is: `off`, `report` (an alert) or `quarantine`"),
  rules: z.array(rule).max(200),
});

/** The policy that is used where none is named. */
export const defaultPolicyFile = new URL("../../config/policy.default.yaml", import.meta.url);

/** @throws SamehandError `policy-invalid`; the detail has one line a fault */
export function loadPolicy(file: string | URL): Policy {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  return parsePolicy(readText(path, "policy-invalid"), path);
}

/** As `loadPolicy`, of a text. @param file for messages */
export function parsePolicy(text: string, file: string): Policy {
  const source = parseYaml(text, file, "policy-invalid");
  const result = policySchema.safeParse(source.value);
  if (!result.success)
    throw new SamehandError("policy-invalid", explain(result.error, policySchema, source).join("\n"));
  return new CompiledPolicy(result.data, source, createHash("sha256").update(text).digest("hex"));
}

interface Rule extends Ruling {
  readonly when: string;
  readonly condition: Condition;
}

class CompiledPolicy implements Policy {
  readonly digest: string;
  readonly budget: Policy["budget"];
  readonly lockMinutes: number;
  readonly quarantineSeconds: number;
  readonly strangers: Policy["strangers"];
  readonly consent: Policy["consent"];
  readonly challenge: Policy["challenge"];
  readonly presence: Policy["presence"];
  readonly signals: Policy["signals"];
  readonly failures = new Map<string, number>();
  readonly rules: readonly Rule[];
  readonly #facts = new CelFacts();

  constructor(policy: z.output<typeof policySchema>, source: YamlSource, digest: string) {
    this.digest = digest;
    this.budget = policy.budget;
    this.lockMinutes = policy.lockMinutes;
    this.quarantineSeconds = policy.quarantineSeconds;
    this.strangers = policy.strangers;
    this.consent = policy.consent;
    this.challenge = policy.challenge ?? null;
    this.presence = policy.presence ?? null;
    this.signals = policy.signals;
    if (policy.strangers === "challenge" && this.challenge === null)
      throw new SamehandError(
        "policy-invalid",
        `${source.place(["strangers"])}: strangers are to be challenged, but there is no \`challenge\``,
      );
    const { falseQuarantinesPerHour, falseSeversPerHour } = policy.budget;
    if (falseSeversPerHour > falseQuarantinesPerHour)
      throw new SamehandError(
        "policy-invalid",
        `${source.place(["budget", "falseSeversPerHour"])}: more false severs than false quarantines are allowed`,
      );
    const compile = compiler(policy.quarantineSeconds);
    const names = new Set<string>();
    const faults: string[] = [];
    this.rules = policy.rules.flatMap(({ name, when, then, because }, index) => {
      if (names.has(name)) faults.push(`${source.place(["rules", index, "name"])}: a second rule \`${name}\``);
      names.add(name);
      try {
        return [{ condition: compile(when), when, verdict: then, rule: name, because }];
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        faults.push(pointAt(when, error, `${source.place(["rules", index, "when"])}: rule \`${name}\``));
        return [];
      }
    });
    if (faults.length > 0) throw new SamehandError("policy-invalid", faults.join("\n"));
  }

  decide(facts: Facts): Ruling {
    const ruling = this.#ruled(facts);
    if (facts.signals.length === 0) return ruling;
    const sign = this.#signalled(facts.signals);
    return sign === null || stricter(ruling.verdict, sign.verdict) ? ruling : sign;
  }

  /** What the strictest of the signals does by itself; null where the policy says of none. */
  #signalled(standing: readonly string[]): Ruling | null {
    let strictest: Ruling | null = null;
    for (const name of signalNames) {
      const act = this.signals[name];
      if (act === "off" || !standing.includes(name)) continue;
      if (strictest === null || (act === "quarantine" && strictest.verdict !== "quarantine"))
        strictest = signalRulings[name][act];
    }
    return strictest;
  }

  #ruled(facts: Facts): Ruling {
    this.#facts.fill(facts);
    for (const rule of this.rules) {
      try {
        if (rule.condition(this.#facts) === true) return rule;
      } catch {
        this.failures.set(rule.rule, (this.failures.get(rule.rule) ?? 0) + 1);
      }
    }
    return noRule;
  }
}

const signalRulings = Object.fromEntries(
  signalNames.map((rule) => {
    const because = signalWords[rule];
    return [
      rule,
      { report: { verdict: "alert", rule, because }, quarantine: { verdict: "quarantine", rule, because } },
    ];
  }),
) as Record<SignalName, Record<"report" | "quarantine", Ruling>>;

const noRule: Ruling = { verdict: "allow", rule: "none", because: "no rule matched" };

/** The line of the condition with a caret under the place. */
function pointAt(text: string, error: ExpressionError, where: string): string {
  const start = text.lastIndexOf("\n", error.offset - 1) + 1;
  const line = text.slice(start).split("\n")[0] ?? "";
  return `${where}: ${error.message}\n    ${line}\n    ${" ".repeat(error.offset - start)}^`;
}
