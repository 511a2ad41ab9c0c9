/** TXT data in presentation form: character strings of at most 255 bytes, each in double quotes (RFC 1035 §5.1). */

const MAX_STRING = 255;

/** One TXT value for a text of any length; bytes outside printable ASCII have to be escaped by the caller. */
export function txtValue(text: string): string {
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < text.length; at += MAX_STRING) strings.push(text.slice(at, at + MAX_STRING));
  return txtValueOf(strings);
}

/** One TXT value of these strings. */
export function txtValueOf(strings: readonly string[]): string {
  return strings.map((one) => `"${one.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(" ");
}

/** The text of a TXT value, its strings joined as SPF and every other reader joins them; null when it is malformed. */
export function txtText(value: string): string | null {
  return txtStrings(value)?.join("") ?? null;
}

/** The strings of a TXT value; null when it is malformed. */
export function txtStrings(value: string): readonly string[] | null {
  const strings: string[] = [];
  let open: string | null = null;
  for (let index = 0; index < value.length; index += 1) {
    const char = value.charAt(index);
    if (char === '"') {
      if (open !== null) strings.push(open);
      open = open === null ? "" : null;
    } else if (open === null) {
      if (char !== " ") return null;
    } else if (char === "\\") {
      const digits = value.slice(index + 1, index + 4);
      const isCode = /^[0-9]{3}$/.test(digits);
      open += isCode ? String.fromCharCode(Number(digits)) : value.charAt(index + 1);
      index += isCode ? 3 : 1;
    } else open += char;
  }
  return open === null ? strings : null;
}
