/**
 * Unicode names as external-dns normalises them: mapped, then Punycode (RFC 3492) label by label. For mode `compat`
 * and filters only; names that Portolan itself writes have to be A-labels already (see `names.ts`).
 */

/** Trimmed, lower case, A-labels, exactly one trailing dot. */
export function normaliseName(name: string): string {
  const ascii = toAscii(name.trim());
  return ascii.endsWith(".") ? ascii : `${ascii}.`;
}

/** Lower case with A-labels; a trailing dot stays. A label that cannot be encoded is only lower-cased. */
export function toAscii(name: string): string {
  if (isAscii(name)) return name.toLowerCase();
  return mapped(name)
    .split(".")
    .map((label) => (isAscii(label) ? label : (encodeLabel(label) ?? label)))
    .join(".");
}

// UTS 46, transitional: case folding, compatibility forms, sharp s and final sigma spelt out, joiners dropped, and the
// three other full stops. The tables of the engine's Unicode version decide the rest.
function mapped(name: string): string {
  return name
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ")
    .replaceAll(/\u{ad}|\u{200b}|\u{200c}|\u{200d}|\u{fe0f}/gu, "")
    .replaceAll(/[\u3002\uff0e\uff61]/g, ".");
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;

function encodeLabel(label: string): string | null {
  const points = Array.from(label, (char) => char.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < 128);
  let output = String.fromCharCode(...basic);
  if (basic.length > 0) output += "-";
  let [next, delta, bias, handled] = [128, 0, 72, basic.length];
  while (handled < points.length) {
    const floor = next;
    const smallest = Math.min(...points.filter((point) => point >= floor));
    delta += (smallest - next) * (handled + 1);
    if (delta > 0x7fffffff) return null;
    next = smallest;
    for (const point of points) {
      if (point < next) delta += 1;
      if (point !== next) continue;
      output += variableLength(delta, bias);
      bias = adapt(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    next += 1;
  }
  return `xn--${output}`;
}

function variableLength(delta: number, bias: number): string {
  let output = "";
  let rest = delta;
  for (let k = BASE; ; k += BASE) {
    const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
    if (rest < threshold) return output + digit(rest);
    output += digit(threshold + ((rest - threshold) % (BASE - threshold)));
    rest = Math.floor((rest - threshold) / (BASE - threshold));
  }
}

function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? 700 : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > 455; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor((36 * rest) / (rest + 38));
}

function digit(value: number): string {
  return String.fromCharCode(value < 26 ? value + 97 : value + 22);
}
