/** The sums that a window's Gaussian needs, over the contexts that it has: most of what a window costs. */

/** Working memory of all likelihoods: each is done with it before the next begins, and leaves nothing in it. */
export const scratch = {
  rows: new Float64Array(128 * 40),
  residuals: new Float64Array(1024),
  gram: new Float64Array(64 * 64),
  projected: new Float64Array(64),
};

export function reserve(size: number): void {
  if (size <= scratch.rows.length) return;
  const rows = new Float64Array(2 * size);
  rows.set(scratch.rows);
  scratch.rows = rows;
}

/** Adds up rows · rowsᵀ and rows · residuals, four rows at a time, and wipes the rows. */
export function accumulate(observed: number, rank: number): void {
  const { rows, residuals, gram, projected } = scratch;
  for (let row = 0; row < observed; row += 4) {
    const first = row * rank;
    const second = first + rank;
    const third = second + rank;
    const fourth = third + rank;
    for (let i = 0; i < rank; i += 1) {
      const a = rows[first + i];
      const b = rows[second + i];
      const c = rows[third + i];
      const d = rows[fourth + i];
      projected[i] =
        projected[i] + (a * residuals[row] + b * residuals[row + 1] + c * residuals[row + 2] + d * residuals[row + 3]);
      const to = i * rank;
      for (let j = 0; j <= i; j += 1) {
        gram[to + j] =
          gram[to + j] + (a * rows[first + j] + b * rows[second + j] + c * rows[third + j] + d * rows[fourth + j]);
      }
    }
  }
  rows.fill(0, 0, observed * rank);
  residuals.fill(0, 0, observed);
}
