/** Pages of a list that is at hand whole. */

/**
 * The page after an item. Where that item has gone meanwhile, the list begins anew rather than leaving anything out.
 * @param keyOf what names an item in `after`
 */
export function pageOf<Item>(
  all: readonly Item[],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  keyOf: (item: Item) => string,
): { items: Item[]; next: string | null; total: number } {
  const start = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1;
  const items = all.slice(start, start + limit);
  const last = items.at(-1);
  const more = last !== undefined && start + items.length < all.length;
  return { items, next: more ? keyOf(last) : null, total: all.length };
}
