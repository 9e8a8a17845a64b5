/** The little linear algebra that Gaussian models need, on row-major Float64Array matrices. */

/**
 * Replaces the lower triangle of the symmetric positive definite matrix `a` (order n) by its Cholesky factor L,
 * a = L Lᵀ. The upper triangle is left as it was.
 * @returns ln det a, or NaN where a is not positive definite
 */
export function cholesky(a: Float64Array, n: number): number {
  let logDeterminant = 0;
  for (let column = 0; column < n; column += 1) {
    const right = column * n;
    let pivot = a[right + column];
    for (let k = right; k < right + column; k += 1) pivot -= a[k] * a[k];
    if (!(pivot > 0)) return Number.NaN;
    logDeterminant += Math.log(pivot);
    const root = Math.sqrt(pivot);
    a[right + column] = root;
    let row = column + 1;
    // four rows at a time: each number of the column's row is read once for all of them
    for (; row + 3 < n; row += 4) {
      const first = row * n;
      const second = first + n;
      const third = second + n;
      const fourth = third + n;
      let one = a[first + column];
      let two = a[second + column];
      let three = a[third + column];
      let four = a[fourth + column];
      for (let k = 0; k < column; k += 1) {
        const shared = a[right + k];
        one -= a[first + k] * shared;
        two -= a[second + k] * shared;
        three -= a[third + k] * shared;
        four -= a[fourth + k] * shared;
      }
      a[first + column] = one / root;
      a[second + column] = two / root;
      a[third + column] = three / root;
      a[fourth + column] = four / root;
    }
    for (; row < n; row += 1) {
      const left = row * n;
      let sum = a[left + column];
      for (let k = 0; k < column; k += 1) sum -= a[left + k] * a[right + k];
      a[left + column] = sum / root;
    }
  }
  return logDeterminant;
}

/** Solves L x = b in place, L being the lower triangle of `l`. */
export function solveLower(l: Float64Array, n: number, b: Float64Array): void {
  for (let row = 0; row < n; row += 1) {
    let sum = b[row];
    for (let k = 0; k < row; k += 1) sum -= l[row * n + k] * b[k];
    b[row] = sum / l[row * n + row];
  }
}

/** Solves Lᵀ x = b in place. */
export function solveUpper(l: Float64Array, n: number, b: Float64Array): void {
  for (let row = n - 1; row >= 0; row -= 1) {
    let sum = b[row];
    for (let k = row + 1; k < n; k += 1) sum -= l[k * n + row] * b[k];
    b[row] = sum / l[row * n + row];
  }
}

/** The inverse of L Lᵀ, symmetric, written into `out`. */
export function inverseFromCholesky(l: Float64Array, n: number, out: Float64Array): void {
  const column = new Float64Array(n);
  for (let j = 0; j < n; j += 1) {
    column.fill(0);
    column[j] = 1;
    solveLower(l, n, column);
    solveUpper(l, n, column);
    for (let i = 0; i < n; i += 1) out[i * n + j] = column[i];
  }
}
