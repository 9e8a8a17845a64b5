/** What the pages `/passkey` and `/confirm` ask for: an agent adds a passkey, or confirms a held session with one. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { z } from "zod";
import type { Clock } from "./core/clock.ts";
import { SamehandError } from "./core/errors.ts";
import { epochMillis } from "./core/units.ts";
import { addingOptions, addPasskey, confirmingOptions, type Site, verifyConfirmation } from "./judge/agent-passkeys.ts";
import type { Confirmations } from "./judge/confirmations.ts";
import type { Post } from "./proxy/options.ts";
import type { Store } from "./store/store.ts";

export interface PasskeyPageParts {
  readonly store: Store;
  readonly confirmations: Confirmations;
  readonly clock: Clock;
  /** Null where no passkeys can be used: nobody knows under which name agents reach the gateway. */
  readonly site: () => Site | null;
}

const secret = z.string().regex(/^[\w-]{22}$/);
const asking = z.strictObject({ secret });
const answering = z.strictObject({ secret, response: z.looseObject({ id: z.string().max(2048) }) });

/** Paths that take a POST of JSON. The secret in each is what lets a caller in. */
export function passkeyPosts({ store, confirmations, clock, site }: PasskeyPageParts): ReadonlyMap<string, Post> {
  const now = () => epochMillis(Math.floor(clock.wall()));
  const here = (): Site => {
    const known = site();
    if (known === null) throw new SamehandError("path-unknown");
    return known;
  };
  const waitingAgent = async (given: string) => {
    const agent = await confirmations.agentOf(given);
    if (agent === null) throw new SamehandError("sign-in-refused", "no session waits for this any more");
    return agent;
  };
  return new Map<string, Post>([
    [
      "/passkey/options",
      async (body) => ({ ...(await addingOptions(store, read(asking, body).secret, here(), now())) }),
    ],
    [
      "/passkey",
      async (body) => {
        const { secret: given, response } = read(answering, body);
        const made = response as unknown as RegistrationResponseJSON;
        const agent = await addPasskey(store, given, made, here(), now());
        store.audit.note({ actor: "gateway", action: "agent.passkey-added", why: "", agent });
        return { agent };
      },
    ],
    [
      "/confirm/options",
      async (body) => {
        const at = here();
        const { secret: given } = read(asking, body);
        return { ...(await confirmingOptions(store, await waitingAgent(given), given, at)) };
      },
    ],
    [
      "/confirm",
      async (body) => {
        const at = here();
        const { secret: given, response } = read(answering, body);
        const signed = response as unknown as AuthenticationResponseJSON;
        await verifyConfirmation(store, await waitingAgent(given), given, signed, at, now());
        if (!(await confirmations.confirm(given)))
          throw new SamehandError("sign-in-refused", "no session waits for this any more");
        return { confirmed: true };
      },
    ],
  ]);
}

function read<Out>(schema: z.ZodType<Out>, body: unknown): Out {
  const { success, data } = schema.safeParse(body);
  if (!success) throw new SamehandError("request-malformed");
  return data;
}
