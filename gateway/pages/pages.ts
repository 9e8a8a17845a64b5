/** The agent's page and what it needs, read once and served from memory. Nothing else is ever served. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface Page {
  readonly type: string;
  readonly body: Buffer;
}

const types = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

/** Pages by path. @throws Error when the installation is not whole */
export function agentPages(): Map<string, Page> {
  const here = dirname(fileURLToPath(import.meta.url));
  const guacamole = dirname(createRequire(import.meta.url).resolve("@glokon/guacamole-common-js"));
  const webauthn = dirname(createRequire(import.meta.url).resolve("@simplewebauthn/browser"));
  const page = (type: keyof typeof types, ...path: string[]): Page => ({
    type: types[type],
    body: readFileSync(join(...path)),
  });
  return new Map([
    ["/", page("html", here, "index.html")],
    ["/desktop.css", page("css", here, "desktop.css")],
    ["/desktop.js", page("js", here, "desktop.js")],
    ["/endings.js", page("js", here, "endings.js")],
    ["/me", page("html", here, "me.html")],
    ["/me.css", page("css", here, "me.css")],
    ["/me.js", page("js", here, "me.js")],
    ["/passkey", page("html", here, "passkey.html")],
    ["/confirm", page("html", here, "passkey.html")],
    ["/passkey.js", page("js", here, "passkey.js")],
    ["/webauthn.js", page("js", webauthn, "../dist/bundle/index.umd.min.js")],
    ["/icon.svg", page("svg", here, "icon.svg")],
    ["/guacamole.js", page("js", guacamole, "../esm/guacamole.min.js")],
  ]);
}
