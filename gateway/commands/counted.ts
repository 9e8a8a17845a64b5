/** How many of something, in words for people. */

/** @param many for a word that does not only take an s */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
