/**
 * The background: what people in general type and point like, learned from a population. It is shipped as a
 * prior, and made again from a farm's own agents. Besides the two models it carries how their evidence is
 * fused and how high suspicion rose for people who were not in its training, from which thresholds follow.
 */
import { readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { SamehandError } from "../gateway/core/errors.ts";
import { type Form, pack, packJson, section, unpack, unpackJson } from "./container.ts";
import { evenFusion, type FusionWeights } from "./fusion.ts";
import { KeyboardModel } from "./keyboard/model.ts";
import { PointerModel } from "./pointer/model.ts";
import { PointerStatistics } from "./pointer/statistics.ts";
import type { Models, Profile } from "./profile.ts";

/** Where a background comes from, for people and for licences. */
export interface SetCredit {
  readonly set: string;
  readonly people: number;
  readonly licence: string;
  readonly citation: string;
}

export interface BackgroundFacts {
  readonly sets: readonly SetCredit[];
  readonly seed: number;
  /** People behind each model. */
  readonly keyboardPeople: number;
  readonly pointerPeople: number;
  readonly fusion: FusionWeights;
  /** Highest suspicion in each genuine stretch of people held out of the training; see policy's thresholds. */
  readonly peaks: readonly number[];
}

/** The background file that comes with the program. */
export const shippedBackground = new URL("background.bin", import.meta.url);

const form: Form = { magic: "SHBG", version: 1, error: "background-unreadable" };
const mostUnpacked = 64 * 1024 * 1024;

export class Background implements Models {
  readonly facts: BackgroundFacts;
  readonly keyboard: KeyboardModel;
  readonly pointer: PointerModel;

  constructor(facts: BackgroundFacts, keyboard: KeyboardModel, pointer: PointerModel) {
    this.facts = facts;
    this.keyboard = keyboard;
    this.pointer = pointer;
  }

  get fusion(): FusionWeights {
    return this.facts.fusion;
  }

  /** The same background with other models, such as a farm's. */
  withModels(keyboard: KeyboardModel, pointer: PointerModel): Background {
    return new Background(this.facts, keyboard, pointer);
  }

  /** What verifies an agent who is alone: nobody is known whose pointing the agent's could be compared with. */
  alone(): Background {
    return this.withModels(this.keyboard, this.pointer.foreign());
  }

  /** The agent's own pointer trees; empty where there is too little to train on. Takes seconds. */
  growTrees(profile: Profile): Uint8Array {
    const { pointer } = profile.enrolled(this);
    if (!(pointer instanceof PointerStatistics)) return new Uint8Array(0);
    return this.pointer.grow(pointer, { seed: this.facts.seed });
  }

  /** The same models with other facts. */
  withFacts(facts: Partial<BackgroundFacts>): Background {
    return new Background({ ...this.facts, ...facts }, this.keyboard, this.pointer);
  }

  encode(): Uint8Array {
    const sections = new Map([
      ["facts", packJson(this.facts)],
      ["keyboard", this.keyboard.encode()],
      ["pointer", this.pointer.encode()],
    ]);
    return gzipSync(pack(form, sections), { level: 9 });
  }

  /** @throws SamehandError `background-unreadable` */
  static decode(bytes: Uint8Array): Background {
    const sections = unpack(form, unzip(bytes));
    const facts = unpackJson(form, sections, "facts");
    return new Background(
      checkFacts(facts),
      KeyboardModel.decode(section(form, sections, "keyboard")),
      PointerModel.decode(section(form, sections, "pointer")),
    );
  }

  /** Reads a background file. @throws SamehandError `background-unreadable` with the file's name */
  static load(file: string | URL = shippedBackground): Background {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      throw new SamehandError("background-unreadable", String(file), error);
    }
    return Background.decode(bytes);
  }
}

function unzip(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostUnpacked });
  } catch (error) {
    throw new SamehandError("background-unreadable", "not a background file", error);
  }
}

function checkFacts(value: unknown): BackgroundFacts {
  const facts = value as Partial<BackgroundFacts> | null;
  const good =
    Array.isArray(facts?.sets) &&
    Array.isArray(facts.peaks) &&
    facts.peaks.every((peak) => Number.isFinite(peak)) &&
    Number.isFinite(facts.fusion?.keyboard) &&
    Number.isFinite(facts.fusion?.pointer);
  if (!good) throw new SamehandError("background-unreadable", "facts are not as they should be");
  return facts as BackgroundFacts;
}

/** Facts of a background before anything was measured with it. */
export const unmeasured = { fusion: evenFusion, peaks: [] } as const;
