/** `samehand evaluate signals`: how often people are taken for scripts, and which scripts are found. */
import { parseArgs } from "node:util";
import { Background, shippedBackground } from "../../models/background.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { signalNames } from "../core/signal.ts";
import { type Distortion, parseJitter } from "../offline/distortion.ts";
import { pointingAttacks } from "../offline/pointing-attacks.ts";
import { openSet } from "../offline/set.ts";
import { type AttackOutcome, tryAttack, victimsOf } from "../offline/signal-attacks.ts";
import { measurePeople, type PeopleOutcome } from "../offline/signal-people.ts";
import { mostPerHour } from "../offline/rate-bound.ts";
import { typingAttacks } from "../offline/typing-attacks.ts";

const help = `usage: samehand evaluate signals SET... [OPTIONS]

Has the signals that need no profile (scripted typing, scripted pointing) watch the people
of recorded sets, who are none, and then input that is generated as attackers do.

  --background FILE  as evaluate (default: the shipped one)
  --jitter exp:MS    delay people's events by an exponential time with this mean, in order
  --stalls           hold up 3 % of people's events by 160 ms
  --dvorak           as if people had typed on Dvorak: of their pairs of keys nothing is known
  --attacks N        victims to generate from, of each set (default 40; 0: no attacks)
  --json             print the figures as JSON
`;

/** Delays through which attacks are tried too, ms. */
const jitters = [0, 5, 20];

export async function runSignals(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      background: { type: "string" },
      jitter: { type: "string" },
      stalls: { type: "boolean", default: false },
      dvorak: { type: "boolean", default: false },
      attacks: { type: "string", default: "40" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) throw new SamehandError("usage", "evaluate signals takes at least one SET");
  if (!/^\d{1,4}$/.test(values.attacks)) throw new SamehandError("usage", "--attacks is a whole number");
  const { contexts } = Background.load(values.background ?? shippedBackground).keyboard.parameters;
  const distortion: Distortion = {
    jitter: values.jitter === undefined ? 0 : parseJitter(values.jitter),
    stalls: values.stalls,
  };
  const sets = positionals.map(openSet);
  const people = sets.flatMap((set) =>
    ([1, 2] as const).map((half) => {
      io.stderr.write(`${set.name}: half ${half} of the people\n`);
      return measurePeople(set, half, contexts, { distortion, dvorak: values.dvorak });
    }),
  );
  const most = Number(values.attacks);
  const victims = most === 0 ? [] : sets.flatMap((set) => victimsOf(set, most));
  const attacks = (victims.length === 0 ? [] : [...typingAttacks, ...pointingAttacks]).flatMap((attack) => {
    io.stderr.write(`${attack.name}\n`);
    return jitters.map((jitter) => tryAttack(attack, victims, jitter, contexts));
  });
  if (values.json) io.stdout.write(`${JSON.stringify({ people: people.map(rated), attacks }, null, 2)}\n`);
  else io.stdout.write(`${peopleTable(people)}\n${attackTable(attacks)}`);
  return 0;
}

const hour = 3_600_000;

const rated = (outcome: PeopleOutcome) => ({
  ...outcome,
  hours: outcome.active / hour,
  mostPerHour: mostPerHour(total(outcome), outcome.active / hour),
});

const total = ({ signals }: PeopleOutcome): number => signalNames.reduce((sum, name) => sum + signals[name], 0);

function peopleTable(people: readonly PeopleOutcome[]): string {
  const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |\n`;
  const number = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–");
  const hours = people.reduce((sum, { active }) => sum + active, 0) / hour;
  const signals = people.reduce((sum, each) => sum + total(each), 0);
  return [
    "| set, half | people | active h | keystrokes | actions | scripted typing | scripted pointing | rush | pace | dependence | even | straight | back |\n",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    ...people.map((each) => {
      const { rush, pace, dependence, even, straight, back } = each.nearest;
      return row([
        `${each.set}, ${each.half}`,
        each.people,
        (each.active / hour).toFixed(1),
        each.keystrokes,
        each.actions,
        each.signals["scripted-typing"],
        each.signals["scripted-pointing"],
        number(rush),
        number(pace),
        number(dependence),
        even,
        straight,
        back,
      ]);
    }),
    `\n${signals} signals of people in ${hours.toFixed(1)} active hours: at most one in ${(1 / mostPerHour(signals, hours)).toFixed(0)} h (95 %).\n`,
    "Nearest that anybody came: rush and pace are signs below 1, dependence below 0; even from 8, straight from 10, back from 16.\n",
  ].join("");
}

function attackTable(attacks: readonly AttackOutcome[]): string {
  if (attacks.length === 0) return "";
  const cell = ({ tried, found, median, most }: AttackOutcome): string =>
    found === 0 ? "0 %" : `${Math.round((100 * found) / tried)} %, ${median} (${most})`;
  const lines = [
    "\n| attack: found, after so many keys or clicks (90 %) |",
    ...jitters.map((ms) => ` ${ms} ms |`),
    "\n|---|---|---|---|\n",
  ];
  for (let n = 0; n < attacks.length; n += jitters.length)
    lines.push(
      `| ${attacks[n].attack} | ${attacks
        .slice(n, n + jitters.length)
        .map(cell)
        .join(" | ")} |\n`,
    );
  return lines.join("");
}
