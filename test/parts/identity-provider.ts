/** A real OpenID provider on a loopback port, whose people sign in with any password. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Provider } from "oidc-provider";
import type { Test } from "tap";
import { startOperators } from "./operators.ts";

const groups: Readonly<Record<string, readonly string[]>> = { kim: ["security"], lee: ["sales"] };

/** Operators who may come from the provider: kim's group has a role, lee's has none. */
export async function startWithProvider(t: Test) {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = {
    name: "Test provider",
    issuer,
    clientId: "samehand",
    clientSecret: "a-secret-of-the-test-alone",
    scopes: ["profile"],
    nameClaim: "email",
    groupsClaim: "groups",
    groups: { security: ["responder"] },
  } as const;
  const operators = await startOperators(t, "enforce", { provider });
  const client = {
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
    redirect_uris: [`${operators.admin.url}/api/v1/sign-in/oidc/callback`],
  };
  const real = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub", "email", "groups"] },
    conformIdTokenClaims: false,
    cookies: { keys: ["of the test alone"] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, groups: groups[id] }),
    }),
  });
  server.on("request", real.callback());
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return operators;
}
