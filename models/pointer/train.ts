/**
 * Trains the pointer's prior: a small sample of everybody as reference population, and how features and trees
 * add up, learned from people in the role of targets against the others of their own domain.
 */
import type { PointerAction } from "./action.ts";
import { amounts, type FusionExample, inputCount, trainFusion, treesInput } from "./fusion.ts";
import type { GrowOptions } from "./growth.ts";
import { PointerModel, untrainedFusions } from "./model.ts";
import { featureCount } from "./action.ts";
import { quantise } from "./quantise.ts";
import { readAction, type Reference, treesMean } from "./scorer.ts";
import { PointerStatistics } from "./statistics.ts";

/** One person of a training population: sessions in the order of time, each a list of actions. */
export interface PointerPerson {
  /** `domain/person`: people are compared with those of their own domain. */
  readonly name: string;
  readonly sessions: readonly (readonly PointerAction[])[];
}

/** Share of a person's actions that enrol; the later ones are what is verified. */
const enrolShare = 0.65;
/** Rows of everybody that the prior keeps. */
const priorRows = 2400;
/** Other people's sessions that each target is tried with. */
const mostImpostors = 24;
/** Examples of one amount from one session. */
const mostExamples = 6;

interface Subject {
  readonly domain: string;
  readonly enrolled: PointerStatistics;
  readonly later: readonly PointerAction[];
}

/** Trains a model; the same people and seed give the same one. */
export function trainPointer(people: readonly PointerPerson[], options: GrowOptions): PointerModel {
  const subjects = people.map(subjectOf);
  const domains = new Map<string, Subject[]>();
  for (const each of subjects) domains.set(each.domain, [...(domains.get(each.domain) ?? []), each]);
  const withCohort: FusionExample[] = [];
  const withTrees: FusionExample[] = [];
  const without: FusionExample[] = [];
  for (const farm of domains.values()) {
    const models = farm.map((subject) => farmOf(farm, subject, []));
    const trees = farm.map((subject, i) => models[i].grow(subject.enrolled, options));
    farm.forEach((subject, i) => {
      const others = trees.filter((_, other) => other !== i);
      const grown = farmOf(farm, subject, others).reference(subject.enrolled, trees[i]);
      const alone = { ...grown, cohort: [] };
      const plain = models[i].reference(subject.enrolled, new Uint8Array(0));
      for (const [j, impostor] of impostorsOf(farm, i)) {
        if (grown.cohort.length > 0) withCohort.push(...examplesOf(grown, impostor, i === j));
        if (grown.trees !== null) withTrees.push(...examplesOf(alone, impostor, i === j));
        without.push(...examplesOf(plain, impostor, i === j));
      }
    });
  }
  const fusions = {
    withCohort: trainFusion(withCohort),
    withTrees: trainFusion(withTrees),
    without: trainFusion(without),
  };
  const each = Math.max(8, Math.ceil(priorRows / Math.max(1, subjects.length)));
  return new PointerModel(
    subjects.filter((subject) => subject.enrolled.count > 0).map((subject) => subject.enrolled.thinned(each)),
    fusions,
  );
}

function subjectOf(person: PointerPerson): Subject {
  const total = person.sessions.reduce((sum, session) => sum + session.length, 0);
  const enrolled = new PointerStatistics();
  const later: PointerAction[] = [];
  for (const session of person.sessions) {
    const room = Math.ceil(enrolShare * total) - enrolled.count;
    // A session is enrolled whole unless most of it would be too much: later sessions are what is verified.
    const take =
      room >= session.length / 2 ? Math.min(session.length, room * 2) : person.sessions.length > 1 ? 0 : room;
    for (const action of session.slice(0, take)) enrolled.add(action);
    later.push(...session.slice(take));
  }
  const slash = person.name.indexOf("/");
  return { domain: slash < 0 ? "" : person.name.slice(0, slash), enrolled, later };
}

function farmOf(farm: readonly Subject[], without: Subject, trees: readonly Uint8Array[]): PointerModel {
  const others = farm.filter((each) => each !== without).map((each) => each.enrolled);
  return new PointerModel([], untrainedFusions()).adaptToFarm(others, trees);
}

/** The subject itself, and an even choice of the others. */
function* impostorsOf(farm: readonly Subject[], self: number): Generator<[number, Subject]> {
  const step = Math.max(1, (farm.length - 1) / mostImpostors);
  yield [self, farm[self]];
  for (let k = 0; k < farm.length - 1; k += step) {
    const j = (self + 1 + Math.floor(k)) % farm.length;
    yield [j, farm[j]];
  }
}

/** Stretches of each amount from a person's later actions, as a target's scorer reads them. */
function examplesOf(reference: Reference, person: Subject, genuine: boolean): FusionExample[] {
  const width = inputCount + reference.cohort.length;
  const { later, domain } = person;
  const read = new Float32Array(later.length * width);
  const codes = new Uint8Array(featureCount + 1);
  later.forEach((action, i) => {
    quantise(action.features, codes);
    codes[featureCount] = action.kind;
    readAction(reference, action.kind, codes, read, i * width);
  });
  const examples: FusionExample[] = [];
  for (const actions of amounts) {
    const most = Math.min(genuine ? 3 * mostExamples : mostExamples / 3, Math.floor(later.length / actions));
    for (let k = 0; k < most; k++) {
      const start = Math.floor((k * (later.length - actions)) / most);
      const sums = new Float64Array(width);
      for (let i = start * width; i < (start + actions) * width; i++) sums[i % width] += read[i];
      const inputs = Float32Array.from({ length: inputCount }, (_, i) => sums[i] / actions);
      inputs[treesInput] = treesMean(sums, actions);
      examples.push({ inputs, actions, genuine, domain });
    }
  }
  return examples;
}
