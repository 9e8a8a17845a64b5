/** A running gateway, asked over the operators' API: for commands that need its live sessions. */
import { readFileSync } from "node:fs";
import { configFile, loadConfig } from "../../config/load.ts";
import type { Problem } from "../admin/contract/common.ts";
import { catalogue, type ErrorCode, SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";

/** Options that every such command takes. */
export const apiOptions = {
  config: { type: "string" },
  url: { type: "string" },
  "token-file": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

export const apiHelp = `Asks a running gateway at --url (else SAMEHAND_URL, else where the configuration says
that its operators' port is), with the API token in --token-file (else in
SAMEHAND_TOKEN). \`samehand operators token\` makes one.
`;

export type Ask = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object) => Promise<unknown>;

/** The same, with the answer as it comes; `signal` ends it. */
type AskRaw = (method: Parameters<Ask>[0], path: string, body?: object, signal?: AbortSignal) => Promise<Response>;

interface ApiValues {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  readonly "token-file"?: string | undefined;
}

/** @throws SamehandError `sign-in-needed` where there is no token, and as the gateway refuses */
export function api(values: ApiValues, io: Io): Ask {
  const request = apiRequest(values, io);
  return async (method, path, body) => dataOf(await request(method, path, body));
}

/** @throws SamehandError `sign-in-needed` where there is no token */
export function apiRequest(values: ApiValues, io: Io): AskRaw {
  const url = (values.url ?? io.env["SAMEHAND_URL"] ?? configuredUrl(values.config, io)).replace(/\/+$/, "");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new SamehandError("usage", "the gateway's address must be such as https://HOST:PORT");
  const file = values["token-file"];
  const token = (file === undefined ? io.env["SAMEHAND_TOKEN"] : readToken(file))?.trim();
  if (token === undefined || token === "")
    throw new SamehandError("sign-in-needed", "give --token-file or SAMEHAND_TOKEN");
  return async (method, path, body, signal) => {
    const response = await reach(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.ok) return response;
    throw refused((await dataOf(response)) as Problem);
  };
}

/** @throws SamehandError `act-refused` where it is not the operators' API that answered */
async function dataOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    const { origin } = new URL(response.url);
    const told = `${origin} answers HTTP ${response.status} and no data: is that the operators' port (admin.port)?`;
    throw new SamehandError("act-refused", told, error);
  }
}

/** The gateway's refusal, as it would be here. */
function refused({ code, detail }: Problem): SamehandError {
  // A newer gateway may know codes that this command does not.
  if (!Object.hasOwn(catalogue, code)) return new SamehandError("act-refused", `${code}: ${detail}`);
  const known = code as ErrorCode;
  const { message } = catalogue[known];
  return new SamehandError(known, detail.startsWith(`${message}: `) ? detail.slice(message.length + 2) : "");
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SamehandError("key-invalid", `${file} cannot be read`, error);
  }
}

async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (error) {
    throw new SamehandError("act-refused", `${new URL(url).origin} cannot be reached${why(error)}`, error);
  }
}

/** A gateway that is there, and whose certificate is not trusted here or has another name, is another thing to mend. */
function why(error: unknown): string {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
  if (typeof code !== "string") return "";
  return /CERT|SIGNATURE/.test(code)
    ? ` (${code}): its certificate is not trusted here; name your CA's file in NODE_EXTRA_CA_CERTS, and in --url the host that the certificate is for`
    : code === "ECONNREFUSED"
      ? ` (${code}): does the gateway run? --url names another`
      : ` (${code})`;
}

function configuredUrl(file: string | undefined, io: Io): string {
  const { admin, listen } = loadConfig(configFile(file, io.env), io.env).config;
  const here = ["127.0.0.1", "::1", "0.0.0.0", "::"].includes(admin.host);
  const host = here ? "localhost" : admin.host.includes(":") ? `[${admin.host}]` : admin.host;
  return `${listen.tls === undefined ? "http" : "https"}://${host}:${admin.port}`;
}
