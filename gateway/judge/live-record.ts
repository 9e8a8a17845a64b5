/**
 * What is remembered of a live session for operators: trust over its whole life, thinned out, the newest windows of
 * evidence, and its decisions. Bounded, about 7 kB a session, made at the first evidence; adding allocates nothing.
 */
import type { Modality } from "../core/input.ts";
import { type Millis, millis } from "../core/units.ts";
import type { Decision } from "../core/verdict.ts";

const mostPoints = 256;
const mostWindows = 128;
const mostDecisions = 64;
const sparklineLength = 32;
/** Numbers of one window: seconds since the first, LLR, weight, trust. */
const fields = 4;

export interface Point {
  readonly at: Millis;
  readonly trust: number;
}

export interface Window extends Point {
  readonly modality: Modality;
  readonly llr: number;
  readonly weight: number;
}

export class LiveRecord {
  /** Times are seconds since the first evidence, which a 32-bit float holds to 8 ms over a day. */
  #start = Number.NaN;
  #at: Float32Array | null = null;
  #trust = new Float32Array(0);
  #points = 0;
  /** How many windows one point of the timeline stands for, and how many of the newest it has. */
  #stride = 1;
  #inNewest = 0;
  #ring = new Float32Array(0);
  #modalities = new Uint8Array(0);
  #windows = 0;
  #decisions: Decision[] = [];
  /** When evidence last came; NaN before the first. */
  lastAt = Number.NaN;

  /** Takes in one window. @param trust after it, 0 to 100 */
  observe(at: Millis, modality: Modality, llr: number, weight: number, trust: number): void {
    if (this.#at === null) this.#begin(at);
    this.lastAt = at;
    const seconds = (at - this.#start) / 1000;
    this.#point(seconds, trust);
    const index = this.#windows++ % mostWindows;
    this.#ring[index * fields] = seconds;
    this.#ring[index * fields + 1] = llr;
    this.#ring[index * fields + 2] = weight;
    this.#ring[index * fields + 3] = trust;
    this.#modalities[index] = modality === "keyboard" ? 0 : 1;
  }

  decided(decision: Decision): void {
    if (this.#decisions.length === mostDecisions) this.#decisions.shift();
    this.#decisions.push(decision);
  }

  /** Oldest first. */
  get decisions(): readonly Decision[] {
    return this.#decisions;
  }

  /** Trust over the whole session, oldest first: each point the lowest of what it stands for. */
  timeline(): Point[] {
    return Array.from({ length: this.#points }, (_, index) => ({
      at: this.#time(this.#at![index]),
      trust: this.#trust[index],
    }));
  }

  /** The newest windows, oldest first. */
  windows(): Window[] {
    const count = Math.min(this.#windows, mostWindows);
    return Array.from({ length: count }, (_, place) => this.#window((this.#windows - count + place) % mostWindows));
  }

  /** Trust after each of the newest windows, oldest first, to one decimal. */
  sparkline(): number[] {
    const count = Math.min(this.#windows, sparklineLength);
    return Array.from({ length: count }, (_, place) => {
      const index = (this.#windows - count + place) % mostWindows;
      return Math.round(this.#ring[index * fields + 3] * 10) / 10;
    });
  }

  #begin(at: Millis): void {
    this.#start = at;
    this.#at = new Float32Array(mostPoints);
    this.#trust = new Float32Array(mostPoints);
    this.#ring = new Float32Array(mostWindows * fields);
    this.#modalities = new Uint8Array(mostWindows);
  }

  /** Adds to the newest point until it stands for as many windows as every other; halves them all when it is full. */
  #point(seconds: number, trust: number): void {
    if (this.#inNewest > 0 && this.#inNewest < this.#stride) {
      this.#lower(this.#points - 1, seconds, trust);
      this.#inNewest++;
      return;
    }
    if (this.#points === mostPoints) this.#halve();
    this.#at![this.#points] = seconds;
    this.#trust[this.#points++] = trust;
    this.#inNewest = 1;
  }

  #lower(index: number, seconds: number, trust: number): void {
    if (trust > this.#trust[index]) return;
    this.#at![index] = seconds;
    this.#trust[index] = trust;
  }

  #halve(): void {
    for (let index = 0; index < mostPoints; index += 2) {
      this.#at![index / 2] = this.#at![index];
      this.#trust[index / 2] = this.#trust[index];
      this.#lower(index / 2, this.#at![index + 1], this.#trust[index + 1]);
    }
    this.#points = mostPoints / 2;
    this.#stride *= 2;
  }

  #window(index: number): Window {
    const [seconds, llr, weight, trust] = this.#ring.subarray(index * fields, (index + 1) * fields);
    const modality = this.#modalities[index] === 0 ? "keyboard" : "pointer";
    return { at: this.#time(seconds), modality, llr, weight, trust };
  }

  #time(seconds: number): Millis {
    return millis(this.#start + seconds * 1000);
  }
}
