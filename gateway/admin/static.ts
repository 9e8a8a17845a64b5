/** The built console, read once and served from memory, and the headers of everything that operators are answered. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What the console's build writes. */
export const consoleFolder = fileURLToPath(new URL("../../console/dist", import.meta.url));

export interface ConsoleFile {
  readonly type: string;
  readonly body: Buffer;
  readonly cache: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

const missing = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Samehand</title>
<p>The console is not built. Run <code>npm run setup</code>, then start the gateway again.</p></html>`;

/** The files of the console by path. @param folder what its build wrote; may be missing: then a page says so */
export function consoleFiles(folder: string): Map<string, ConsoleFile> {
  const files = new Map<string, ConsoleFile>();
  if (existsSync(folder))
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/");
      // The build names what is in assets/ by its content.
      const cache = path.startsWith("assets/") ? "private, max-age=31536000, immutable" : "no-store";
      files.set(`/console/${path}`, { type, cache, body: readFileSync(join(folder, path)) });
    }
  const page = files.get("/console/index.html");
  files.set("/console/", page ?? { type: types[".html"], cache: "no-store", body: Buffer.from(missing) });
  return files;
}

/** Strict: only this host's own files, nothing inline, framed by nobody. @param secure whether TLS is spoken */
export const securityHeaders = (secure: boolean): Record<string, string> => ({
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)",
  "cache-control": "no-store",
  ...(secure ? { "strict-transport-security": "max-age=31536000" } : {}),
});
