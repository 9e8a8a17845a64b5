/** Which page is open: the part of the address after `#`. */
import { signal } from "@preact/signals";

/** The parts of the path, such as `["session", "ID"]`; empty for the wall. */
export const route = signal<readonly string[]>(read());

function read(): readonly string[] {
  if (!location.hash.startsWith("#/")) return [];
  try {
    return location.hash
      .slice(2)
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
  } catch {
    return []; // an address that was cut short
  }
}

addEventListener("hashchange", () => {
  route.value = read();
  scrollTo(0, 0);
  // Who does not see the page is told that it is another, and goes on from there by keyboard.
  document.getElementById("main")?.focus({ preventScroll: true });
});

/** The address of a page. */
export const to = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join("/")}`;

export function go(...parts: readonly string[]): void {
  location.hash = to(...parts);
}
