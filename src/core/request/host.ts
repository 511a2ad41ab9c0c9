/**
 * The canonical host of a request, decided once at the door: lower case, without port and without one trailing dot
 * (RFC 9110 §7.2, RFC 3986 §3.2.2). Everything behind it compares these bytes and no others.
 */

export type CanonicalHost =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly reason: string };

const MAX_NAME = 253;
const MAX_LABEL = 63;

/** From a Host field or `:authority`. */
export function canonicalHost(authority: string): CanonicalHost {
  if (authority.startsWith("[")) return bracketed(authority);
  const colon = authority.indexOf(":");
  const name = colon === -1 ? authority : authority.slice(0, colon);
  if (colon !== -1 && !isPort(authority, colon + 1)) return refuse("the port is not a number 0…65535");
  const bare = name.endsWith(".") ? name.slice(0, -1) : name;
  // Nearly every client sends lower case: text that is canonical already is not copied.
  if (nameProblem(bare) === null) return { ok: true, host: bare };
  const host = bare.toLowerCase();
  const problem = nameProblem(host);
  return problem === null ? { ok: true, host } : refuse(problem);
}

/** Why text is not a host name as a URL may carry it; null when it is. Underscores are common in practice. */
export function nameProblem(host: string): string | null {
  if (host === "") return "the host is empty";
  if (host.length > MAX_NAME) return `the host is longer than ${MAX_NAME} characters`;
  let label = 0;
  for (let index = 0; index < host.length; index += 1) {
    const code = host.charCodeAt(index);
    if (code === 46) {
      if (label === 0) return "the host has an empty label";
      label = 0;
      continue;
    }
    if (!isNameCharacter(code)) return `the host holds ${describe(code)}`;
    label += 1;
    if (label > MAX_LABEL) return `a label of the host is longer than ${MAX_LABEL} characters`;
  }
  return label === 0 ? "the host has an empty label" : null;
}

function bracketed(authority: string): CanonicalHost {
  const end = authority.indexOf("]");
  if (end === -1) return refuse("the IPv6 address is not closed");
  const rest = authority.slice(end + 1);
  if (rest !== "" && (rest.charCodeAt(0) !== 58 || !isPort(rest, 1))) return refuse("the port is not a number 0…65535");
  const inner = authority.slice(1, end).toLowerCase();
  return isIpv6(inner) ? { ok: true, host: `[${inner}]` } : refuse("the IPv6 address is malformed");
}

/** Empty is allowed by RFC 3986 §3.2.3. */
function isPort(text: string, from: number): boolean {
  if (text.length - from > 5) return false;
  let value = 0;
  for (let index = from; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return false;
    value = value * 10 + digit;
  }
  return value <= 65_535;
}

/** Shape only: groups of hex digits, at most one `::`, an IPv4 tail. */
function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [position, half] of halves.entries()) {
    if (half === "") continue;
    const parts = half.split(":");
    for (const [index, part] of parts.entries()) {
      const last = position === halves.length - 1 && index === parts.length - 1;
      if (last && part.includes(".")) {
        if (!isIpv4(part)) return false;
        groups += 2;
      } else if (!isHexGroup(part)) {
        return false;
      } else groups += 1;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

function isHexGroup(part: string): boolean {
  if (part.length === 0 || part.length > 4) return false;
  for (let index = 0; index < part.length; index += 1) {
    const code = part.charCodeAt(index);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return (
    parts.length === 4 && parts.every((part) => part.length <= 3 && isPort(part, 0) && part !== "" && +part <= 255)
  );
}

function isNameCharacter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 || code === 95;
}

function describe(code: number): string {
  return code > 32 && code < 127
    ? `"${String.fromCharCode(code)}"`
    : `the character U+${code.toString(16).padStart(4, "0")}`;
}

function refuse(reason: string): CanonicalHost {
  return { ok: false, reason };
}
