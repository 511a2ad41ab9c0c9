/** Sizes as people write them: `512`, `8k`, `10m`, `1g`, as nginx reads them (powers of 1024), also `8Mi`. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1024,
  ki: 1024,
  m: 1_048_576,
  mi: 1_048_576,
  g: 1_073_741_824,
  gi: 1_073_741_824,
};

/** Bytes, or null for what is no size. */
export function byteSize(text: string): number | null {
  const match = /^(\d{1,12})([kmg]?i?)$/i.exec(text.trim());
  const unit = UNITS[(match?.[2] ?? "-").toLowerCase()];
  if (match === null || unit === undefined) return null;
  const size = Number(match[1]) * unit;
  return Number.isSafeInteger(size) ? size : null;
}
