/** What bytes may stand where in HTTP/1.1, as tables: one look-up per byte, no regular expression. */

/** 1 for the characters of a token (RFC 9110 §5.6.2). */
export const TOKEN: Uint8Array = table((code) => {
  if (code >= 48 && code <= 57) return true;
  if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) return true;
  return "!#$%&'*+-.^_`|~".includes(String.fromCharCode(code));
});

/** 1 for what a line of a head may hold: HTAB, SP, visible ASCII, obs-text (RFC 9110 §5.5). */
export const LINE_BYTE: Uint8Array = table((code) => code === 9 || (code >= 32 && code !== 127));

/** 1 for what a request target may hold: visible ASCII. */
export const TARGET_BYTE: Uint8Array = table((code) => code > 32 && code < 127);

/** Value of a hexadecimal digit plus 1, 0 for any other byte. */
export const HEX_DIGIT: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code >= 48 && code <= 57) return code - 47;
  if (code >= 65 && code <= 70) return code - 54;
  return code >= 97 && code <= 102 ? code - 86 : 0;
});

/** Whether text consists of the table's characters, and of at least one. */
export function consistsOf(text: string, allowed: Uint8Array): boolean {
  for (let index = 0; index < text.length; index += 1) if (allowed[text.charCodeAt(index)] !== 1) return false;
  return text !== "";
}

/** A number from decimal digits alone: no sign, no list, nothing above 2⁵³ − 1; null otherwise. */
export function decimal(text: string): number | null {
  if (text === "" || text.length > 32) return null;
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) return null;
  }
  return value;
}

function table(allowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => Number(allowed(code)));
}
