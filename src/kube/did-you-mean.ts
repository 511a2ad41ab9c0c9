/**
 * The known word nearest to a misspelt one, or null when none is near: at most a third of its letters may differ.
 * Case alone is the smallest difference. Of equally near words the first wins.
 */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  // Words beyond any field's length are not worth a quadratic comparison: they are not slips of a finger.
  if (word.length > 64) return null;
  let least = Math.floor(Math.max(word.length, 3) / 3) + 0.5;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const sameLetters = candidate.toLowerCase() === word.toLowerCase();
    const distance = sameLetters ? 0.25 : editDistance(word, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (last[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let cost = Math.min(replaced, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
