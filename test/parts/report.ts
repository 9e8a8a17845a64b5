/** Progress for a test's log: what is being fetched, not each of two hundred packages. */
export function quietly(line: string): void {
  if (!line.startsWith("Get:")) console.error(line);
}
