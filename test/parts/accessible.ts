/** A page in Chromium checked with axe-core, in its light and in its dark colours. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import type { Test } from "tap";

const axe = readFileSync(fileURLToPath(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");
/** Where pictures are put for people, where somebody asked for them. */
const pictures = process.env["SAMEHAND_PICTURES"];

/** Nothing that a reader with a screen reader, a keyboard or other colours would stumble over. */
export async function accessible(t: Test, page: Page, name: string): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    if (pictures !== undefined)
      await page.screenshot({ path: `${pictures}/console-${name}-${colorScheme}.png`, fullPage: true });
    await page.evaluate(axe);
    const found = await page.evaluate(`axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join(" | ")))`);
    t.same(found, [], `${name} is accessible in ${colorScheme} colours`);
  }
}
