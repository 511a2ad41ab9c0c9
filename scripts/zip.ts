/** A zip that is the same bytes whenever the same files go in. */
import { zipSync } from "fflate";

/** The earliest time that a zip can hold, as local time, since that is what it stores. */
const NO_TIME = new Date(1980, 0, 1);

/** Zips texts by name, in order of their names. */
export function zip(files: ReadonlyMap<string, string>): Uint8Array {
  const encoder = new TextEncoder();
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return zipSync(Object.fromEntries(sorted.map(([name, text]) => [name, encoder.encode(text)])), {
    level: 9,
    mtime: NO_TIME,
    os: 3,
  });
}
