/** Which language a viewer is spoken to in: the configured one, or the first of the browser's that is there. */
import { german } from "./challenge-languages/de.ts";
import { english } from "./challenge-languages/en.ts";
import { spanish } from "./challenge-languages/es.ts";
import { french } from "./challenge-languages/fr.ts";
import type { Language } from "./challenge-languages/language.ts";
import { portuguese } from "./challenge-languages/pt.ts";

export const languages: readonly Language[] = [english, german, french, spanish, portuguese];

const bySubtag = new Map(languages.map((language) => [language.tag, language]));

/**
 * @param configured a tag, or `auto` for the viewer's
 * @param accepted an `Accept-Language` header (RFC 9110, 12.5.4); its order stands for its weights, as browsers send it
 */
export function languageFor(configured: string, accepted: string): Language {
  const wanted = configured === "auto" ? accepted.split(",", 20) : [configured];
  for (const range of wanted) {
    const subtag = /^\s*([a-z]{2,3})\b/i.exec(range)?.[1]?.toLowerCase() ?? "";
    const language = bySubtag.get(subtag);
    if (language !== undefined) return language;
  }
  return english;
}
