/** The policy's file for operators: what stands in it, and replacing it. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { Profile } from "../models/profile.ts";
import type { PolicyDesk } from "./admin/policy-handlers.ts";
import { SamehandError } from "./core/errors.ts";
import { defaultPolicyFile, parsePolicy } from "./policy/policy-file.ts";
import type { Policy } from "./policy/rules.ts";
import type { Store } from "./store/store.ts";

export interface PolicyFileParts {
  readonly store: Store;
  readonly config: () => Config;
  readonly policy: () => Policy;
  /** Makes what the files say stand, in every process. */
  readonly reload: () => void | Promise<void>;
  /** The background's; read once, when they are first asked for. */
  readonly peaks: () => readonly number[];
}

export function policyFileDesk({ store, config, policy, reload, peaks }: PolicyFileParts): PolicyDesk {
  let known: readonly number[] | null = null;
  return {
    current: policy,
    mode: () => config().mode,
    file: () => config().policy ?? null,
    text: () => readFileSync(config().policy ?? defaultPolicyFile, "utf8"),
    apply: async (text) => {
      const file = config().policy;
      if (file === undefined) throw new SamehandError("act-refused", "no file is named under `policy`");
      parsePolicy(text, file);
      // Replaced as one: nobody ever reads half of it.
      writeFileSync(`${file}.new`, text, { mode: 0o640 });
      renameSync(`${file}.new`, file);
      await reload();
    },
    get peaks() {
      return (known ??= peaks());
    },
    peaksOf: ({ id }) => {
      const profile = store.profile(id);
      return profile === null ? [] : Profile.factsOf(profile.body).peaks;
    },
  };
}
