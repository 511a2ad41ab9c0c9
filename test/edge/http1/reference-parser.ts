/**
 * The second opinion: heads and chunked bodies read from the whole input at once, in the words of the grammar and with
 * no thought of speed. Shares nothing with what it checks.
 */
export type ReferenceHead =
  | { readonly kind: "more" | "refused" }
  | {
      readonly kind: "head";
      readonly method: string;
      readonly target: string;
      readonly minor: number;
      readonly fields: readonly (readonly [string, string])[];
      readonly length: number;
      readonly chunked: boolean;
      readonly rest: string;
    };

const REFUSED = { kind: "refused" } as const;
const MORE = { kind: "more" } as const;
const CONTROL = "[\\0-\\x08\\x0a-\\x1f\\x7f]";
const TCHAR = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";

/** One request head at the beginning of `input` (latin1). */
export function referenceHead(input: string): ReferenceHead {
  const text = input.replace(/^(\r\n)*/, "");
  const offset = input.length - text.length;
  if (text === "\r" || text === "") return input.length >= 32_768 ? REFUSED : MORE;
  const end = text.indexOf("\r\n\r\n");
  const head = end === -1 ? text : text.slice(0, end + 4);
  const lines = head.split("\r\n");
  const whole = end === -1 ? lines.slice(0, -1) : lines.slice(0, -2);
  // What is not ended yet may end in the CR of its line end, and must hold no other control character.
  const open = end === -1 ? (lines.at(-1) ?? "").replace(/\r$/, "") : "";
  if ([...whole, open].some((line) => new RegExp(CONTROL).test(line))) return REFUSED;
  const line = new RegExp(`^(${TCHAR}{1,32}) ([\\x21-\\x7e]+) HTTP/1\\.([01])$`).exec(whole[0] ?? "");
  if (whole.length === 0) return open.length + offset >= 16_426 ? REFUSED : MORE;
  if (line === null) return REFUSED;
  const [, method = "", rawTarget = "", minor = ""] = line;
  const fields: (readonly [string, string])[] = [];
  for (const one of whole.slice(1)) {
    const match = new RegExp(`^(${TCHAR}+):[ \\t]*(.*?)[ \\t]*$`, "s").exec(one);
    if (match === null) return REFUSED;
    fields.push([(match[1] ?? "").toLowerCase(), match[2] ?? ""]);
  }
  if (fields.length > 100 || head.length + offset > 32_768) return REFUSED;
  if (end === -1) return head.length + offset >= 32_768 ? REFUSED : MORE;
  const all = (name: string) => fields.filter(([field]) => field === name).map(([, value]) => value);
  const [host = ""] = all("host");
  const lengths = all("content-length");
  const codings = all("transfer-encoding");
  const expects = minor === "1" ? all("expect") : [];
  const numberOk = lengths.every((one) => /^[0-9]{1,32}$/.test(one) && BigInt(one) < 2n ** 36n);
  const target = referenceTarget(method, rawTarget, host);
  const ok =
    !/[a-z]/.test(method) &&
    method !== "CONNECT" &&
    all("host").length === 1 &&
    host !== "" &&
    lengths.length + codings.length <= 1 &&
    numberOk &&
    codings.every((one) => one.toLowerCase() === "chunked" && minor === "1") &&
    expects.length <= 1 &&
    expects.every((one) => one.toLowerCase() === "100-continue") &&
    target !== null &&
    target.length <= 16_384 &&
    rawTarget.length + method.length + 10 < 16_426;
  if (!ok || target === null) return REFUSED;
  const length = Number(lengths[0] ?? 0);
  const chunked = codings.length === 1;
  return { kind: "head", method, target, minor: Number(minor), fields, length, chunked, rest: text.slice(end + 4) };
}

/** The target as it is routed; null when it is none for that Host. */
export function referenceTarget(method: string, target: string, host: string): string | null {
  if (target.startsWith("/")) return target;
  if (target === "*" && method === "OPTIONS") return target;
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (match === null || match[1]?.toLowerCase() !== host.toLowerCase()) return null;
  const rest = match[2] ?? "";
  if (rest === "") return method === "OPTIONS" ? "*" : "/";
  return rest.startsWith("/") ? rest : `/${rest}`;
}

export type ReferenceBody =
  | { readonly kind: "more" | "refused" }
  | { readonly kind: "body"; readonly data: string; readonly rest: string };

/** One chunked body at the beginning of `input` (latin1). */
export function referenceChunked(input: string, maxChunk: number): ReferenceBody {
  let text = input;
  let data = "";
  let extensions = 0;
  for (;;) {
    const size = /^[0-9A-Fa-f]{1,16}/.exec(text)?.[0];
    if (text === "") return MORE;
    if (size === undefined || Number.parseInt(size, 16) > maxChunk) return REFUSED;
    const rest = text.slice(size.length);
    const token = `${TCHAR}+`;
    const extension = new RegExp(
      `^(;${token}(=(${token}|"([^"\\\\\\0-\\x08\\x0a-\\x1f\\x7f]|\\\\[^\\0-\\x08\\x0a-\\x1f\\x7f])*"))?)*`,
    );
    const lineEnd = rest.indexOf("\r\n");
    const line = lineEnd === -1 ? rest : rest.slice(0, lineEnd);
    const lineOk = extension.exec(line)?.[0] === line;
    if (lineEnd === -1) {
      // Whether the line can still become right is more than a slow parser wants to know.
      return MORE;
    }
    extensions += line.length;
    if (!lineOk || extensions > 4096) return REFUSED;
    text = rest.slice(lineEnd + 2);
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (text.length < length + 2) {
      return "\r\n".startsWith(text.slice(length)) || text.length < length ? MORE : REFUSED;
    }
    if (text.slice(length, length + 2) !== "\r\n") return REFUSED;
    data += text.slice(0, length);
    text = text.slice(length + 2);
  }
  const end = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n") + 2;
  if (end === 1) return MORE;
  const lines = text.slice(0, end).split("\r\n").slice(0, -1);
  const bad = lines.some((line) => !new RegExp(`^${TCHAR}+:[^\\0-\\x08\\x0a-\\x1f\\x7f]*$`).test(line));
  if (bad || lines.length > 32) return REFUSED;
  return { kind: "body", data, rest: text.slice(end + 2) };
}
