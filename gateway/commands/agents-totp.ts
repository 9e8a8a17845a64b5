/** `samehand agents totp`: enrols an agent's one-time codes with a QR code, or takes them away. */
import { parseArgs } from "node:util";
import { createCanvas } from "@napi-rs/canvas";
import { encode, renderSVG, renderUnicodeCompact } from "uqr";
import { configFile, loadConfig } from "../../config/load.ts";
import { SamehandError } from "../core/errors.ts";
import type { Io } from "../core/io.ts";
import { agentName } from "../core/units.ts";
import { enrolCode } from "../judge/challenge-code.ts";
import { PrivateFile } from "../store/private-file.ts";
import { commandLineActor } from "./actor.ts";
import { agentOrNewcomer } from "./newcomer.ts";
import { storeOf } from "./store-of.ts";

const help = `usage: samehand agents totp NAME [--png FILE] [--svg FILE] [--reason TEXT] [--json]
       samehand agents totp NAME --remove [--reason TEXT] [--json]

Gives an agent the one-time codes that a challenge asks for: prints a QR code for
the agent's authenticator app (6 digits, 30 s, SHA-1). An older secret ends with it.

  --png FILE, --svg FILE   write the QR code there, readable by you alone, and print none
  --remove                 take the agent's codes away
  --json                   the QR code's address instead, unless a file is asked for
  --config FILE

The QR code holds the secret: show it to the agent, and keep no copy.
`;

export async function run(args: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      config: { type: "string" },
      png: { type: "string" },
      svg: { type: "string" },
      remove: { type: "boolean", default: false },
      reason: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [text, ...rest] = positionals;
  if (text === undefined || rest.length > 0) throw new SamehandError("usage", "agents totp takes one agent's name");
  const name = agentName(text);
  const { config } = loadConfig(configFile(values.config, io.env), io.env);
  const store = storeOf(config);
  const by = { actor: commandLineActor(), why: values.reason ?? "", agent: name };
  try {
    if (values.remove) {
      const agent = store.agent(name);
      const stood = agent !== null && store.challenges.dropCodeSecret(agent.id);
      if (stood) store.audit.note({ ...by, action: "agent.code-removed" });
      if (values.json) io.stdout.write(`${JSON.stringify({ removed: stood })}\n`);
      else (stood ? io.stdout : io.stderr).write(stood ? `${name} has no codes any more\n` : `${name} had no codes\n`);
      return stood ? 0 : 1;
    }
    // Begun before the older secret ends: the new one would be shown to nobody.
    const pictures = new Pictures(values);
    const address = pictures.drawn(() => {
      const { id } = agentOrNewcomer(store, name, io);
      const made = enrolCode(store, id, name, config.organisation.name);
      store.audit.note({ ...by, action: "agent.code-enrolled" });
      return made;
    });
    const toFile = values.png !== undefined || values.svg !== undefined;
    if (values.json) {
      io.stdout.write(`${JSON.stringify({ agent: name, address: toFile ? null : address })}\n`);
      return 0;
    }
    if (!toFile) io.stdout.write(`${renderUnicodeCompact(address)}\n`);
    io.stdout.write(`${name} has new codes: scan the QR code with an authenticator app\n`);
    return 0;
  } finally {
    store.close();
  }
}

/** The files that the QR code goes into. */
class Pictures {
  readonly #files: [PrivateFile, (text: string) => string | Uint8Array][] = [];

  /** @throws SamehandError `file-unusable` */
  constructor(names: { readonly png?: string | undefined; readonly svg?: string | undefined }) {
    try {
      if (names.png !== undefined) this.#files.push([new PrivateFile(names.png), png]);
      if (names.svg !== undefined) this.#files.push([new PrivateFile(names.svg), (text) => renderSVG(text)]);
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  /** Draws what `make` gives, and gives it back. */
  drawn(make: () => string): string {
    try {
      const text = make();
      for (const [file, picture] of this.#files) {
        file.put(picture(text));
        file.keep();
      }
      return text;
    } finally {
      this.#drop();
    }
  }

  #drop(): void {
    for (const [file] of this.#files) file.drop();
  }
}

const dot = 8;

function png(text: string): Uint8Array {
  const { size, data } = encode(text, { border: 4 });
  const canvas = createCanvas(size * dot, size * dot);
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "black";
  for (const [y, row] of data.entries())
    for (const [x, dark] of row.entries()) if (dark) context.fillRect(x * dot, y * dot, dot, dot);
  return canvas.toBuffer("image/png");
}
