/** Below this a pivot is rounding error: the row says nothing that others did not say. */
const SMALLEST_PIVOT = 1e-9;

/** Solves a symmetric positive definite system given by its lower triangle, which is overwritten. */
export function choleskySolve(lower: readonly Float64Array[], right: readonly number[]): Float64Array {
  for (const [column, pivotRow] of lower.entries()) {
    for (const row of lower.slice(column)) {
      let sum = row[column] ?? 0;
      for (let k = 0; k < column; k += 1) sum -= (row[k] ?? 0) * (pivotRow[k] ?? 0);
      row[column] =
        row === pivotRow ? Math.sqrt(Math.max(sum, SMALLEST_PIVOT)) : sum / (pivotRow[column] ?? SMALLEST_PIVOT);
    }
  }
  const solution = Float64Array.from(right);
  for (const [index, row] of lower.entries()) {
    let sum = solution[index] ?? 0;
    for (let k = 0; k < index; k += 1) sum -= (row[k] ?? 0) * (solution[k] ?? 0);
    solution[index] = sum / (row[index] ?? 1);
  }
  for (let index = lower.length - 1; index >= 0; index -= 1) {
    let sum = solution[index] ?? 0;
    for (let k = index + 1; k < lower.length; k += 1) sum -= (lower[k]?.[index] ?? 0) * (solution[k] ?? 0);
    solution[index] = sum / (lower[index]?.[index] ?? 1);
  }
  return solution;
}
