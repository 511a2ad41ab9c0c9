/**
 * Whether a text is an IPv4 address that pods have every day: public or private, in its usual spelling. A quick yes for
 * half a million addresses; no means that somebody has to look closer, not that it is forbidden.
 */
export function isEverydayPodAddress(text: string): boolean {
  let [octet, digits, dots, first, second] = [0, 0, 0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (digits === 0) return false;
      if (dots === 0) first = octet;
      else if (dots === 1) second = octet;
      [octet, digits, dots] = [0, 0, dots + 1];
      continue;
    }
    // No leading zero: some readers take such a number for an octal one.
    if (code < 48 || code > 57 || (digits > 0 && octet === 0)) return false;
    octet = octet * 10 + code - 48;
    digits += 1;
    if (octet > 255) return false;
  }
  return dots === 3 && digits > 0 && isEveryday(first, second);
}

/** Everything below 224 but the first octets in which something special lies; of those what is private. */
function isEveryday(first: number, second: number): boolean {
  switch (first) {
    case 0:
    case 100:
    case 127:
    case 169:
    case 198:
    case 203:
      return false;
    case 168:
      return second !== 63;
    case 192:
      return second !== 0 && second !== 88 && second !== 31 && second !== 52 && second !== 175;
    default:
      return first < 224;
  }
}
