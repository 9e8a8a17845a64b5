/** Runs a set's trials: enrols the agents, scores every claim, judges takeovers. Spread over worker threads. */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Background } from "../../models/background.ts";
import { Profile } from "../../models/profile.ts";
import type { EvaluationOptions, Portion, PortionMessage, TrialResult } from "./portion.ts";
import { chosen, openSet, type Trial } from "./set.ts";

/** One background, and the claims that it may test. */
export interface Fold {
  readonly background: Background;
  readonly wants: (trial: Trial) => boolean;
}

/**
 * Runs all trials that a fold wants, each once, over the machine's cores.
 * @param tell progress, for people @param warn hears what in the set is not as it should be, maybe several times
 * @returns results in the order of the set's trials
 */
export async function runTrials(
  options: EvaluationOptions,
  folds: readonly Fold[],
  tell: (text: string) => void,
  warn: (text: string) => void,
): Promise<TrialResult[]> {
  const progress = progressTo(tell, warn);
  const set = chosen(openSet(options.directory), options);
  const results: TrialResult[] = [];
  const claimed = new Set(set.trials.map((trial) => trial.claimed));
  // who is neither claimed nor anybody's colleague need not be enrolled
  const agents = [...set.agents.keys()].filter((agent) => options.farm || claimed.has(agent));
  for (const fold of folds) {
    const indices = set.trials.flatMap((trial, index) => (fold.wants(trial) ? [index] : []));
    const common = { options, background: fold.background.encode() };
    const enrolled = await together(
      dealt(agents).map((some): Portion => ({ ...common, task: "enrol", agents: some })),
      progress(`${set.name}: enrolled`, agents.length),
    );
    let profiles = profilesOf(agents, enrolled);
    const pointing = agents.filter((agent) => Profile.pointerOf(profiles.get(agent) as Uint8Array).pointer.count > 0);
    const grown = await together(
      dealt(pointing).map((some): Portion => ({ ...common, task: "grow", agents: some, profiles })),
      progress(`${set.name}: grew the trees of`, pointing.length),
    );
    profiles = new Map([...profiles, ...profilesOf(pointing, grown)]);
    const scored = await together(
      dealt(indices, (index) => set.trials[index].claimed).map((some): Portion => ({
        ...common,
        task: "score",
        indices: some,
        profiles,
      })),
      progress(`${set.name}: scored`, indices.length),
    );
    for (const each of scored) if ("results" in each) results.push(...each.results);
  }
  return results.sort((a, b) => a.index - b.index);
}

/** Shares work out among threads; what is of one agent stays together. */
function dealt<Item>(items: readonly Item[], agentOf: (item: Item) => unknown = (item) => item): Item[][] {
  const workers = Math.max(1, Math.min(availableParallelism(), 8));
  const parts: Item[][] = Array.from({ length: workers }, () => []);
  const place = new Map<unknown, number>();
  for (const item of items) {
    const agent = agentOf(item);
    const part = place.get(agent) ?? place.size % workers;
    place.set(agent, part);
    parts[part].push(item);
  }
  return parts.filter((part) => part.length > 0);
}

/** Every agent's profile, in the set's order, whoever enrolled it. */
function profilesOf(agents: readonly string[], outcomes: readonly PortionMessage[]): Map<string, Uint8Array> {
  const found = new Map(outcomes.flatMap((each) => ("profiles" in each ? [...each.profiles] : [])));
  return new Map(agents.flatMap((agent) => (found.has(agent) ? [[agent, found.get(agent) as Uint8Array]] : [])));
}

/** Tells how far each piece of work has come. */
const progressTo =
  (tell: (text: string) => void, warn: (text: string) => void) =>
  (what: string, whole: number): ((message: PortionMessage) => void) => {
    let done = 0;
    return (message) => {
      if ("warning" in message) warn(message.warning);
      if (!("done" in message)) return;
      done += message.done;
      tell(`${what} ${done} of ${whole}`);
    };
  };

const together = (
  portions: readonly Portion[],
  onMessage: (message: PortionMessage) => void,
): Promise<PortionMessage[]> => Promise.all(portions.map((portion) => inWorker(portion, onMessage)));

/** @returns the outcome: the last message */
function inWorker(portion: Portion, onMessage: (message: PortionMessage) => void): Promise<PortionMessage> {
  const file = new URL(`./evaluation-worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);
  return new Promise((resolve, reject) => {
    let outcome: PortionMessage | null = null;
    const worker = new Worker(file, { workerData: portion });
    worker.on("message", (message: PortionMessage) => {
      if ("results" in message || "profiles" in message) outcome = message;
      else onMessage(message);
    });
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (outcome === null) reject(new Error(`a worker ended with code ${code}`));
      else resolve(outcome);
    });
  });
}
