/**
 * external-dns' TXT registry: beside each record a TXT that says whose it is. Read to find ownership, written in mode
 * `compat`. Text is plain here; whoever has WebCrypto decrypts before and encrypts after (external-dns: base64 of
 * nonce, AES-256-GCM of the gzipped text, tag).
 */
import { compareText } from "../match-route.ts";

export interface RegistryFormat {
  /** Prefix and suffix exclude each other; either may hold `%{record_type}`. */
  readonly prefix: string;
  readonly suffix: string;
  /** Stands for `*` in a TXT's name, since an asterisk in the middle of a name is no wildcard; empty to leave it. */
  readonly wildcardReplacement: string;
}

/** The record that a TXT is about; `recordType` is empty for the untyped form before external-dns 0.12. */
export interface RegistrySubject {
  readonly recordName: string;
  readonly recordType: string;
}

const HERITAGE = "external-dns";
const TEMPLATE = "%{record_type}";
const TYPES = ["A", "AAAA", "CNAME", "NS", "MX", "SRV", "PTR", "NAPTR", "DNAME"];
const MAX_LABEL = 63;

/** Why a configuration cannot work, or null. */
export function registryProblem(
  format: Pick<RegistryFormat, "prefix" | "suffix">,
  ownerId: string,
  encryption: { readonly enabled: boolean; readonly key: string | null },
): string | null {
  if (ownerId === "") return "the owner id is empty: records could not be told apart from other people's";
  if (format.prefix !== "" && format.suffix !== "") return "a prefix and a suffix exclude each other: leave one empty";
  const key = encryption.key ?? "";
  if (key !== "" && !isAesKey(key)) return "the encryption key is not 32 bytes, plain or in base64";
  return encryption.enabled && key === "" ? "encryption is on and there is no key" : null;
}

/** Name of the TXT that says who owns `recordName`. */
export function txtNameOf(format: RegistryFormat, recordName: string, recordType: string): string {
  const type = recordType.toLowerCase();
  const [first = "", ...rest] = recordName.split(".");
  const wild = first === "*" && format.wildcardReplacement !== "" ? format.wildcardReplacement.toLowerCase() : first;
  const typed = isTemplated(format) ? wild : `${type}-${wild}`;
  const [prefix, suffix] = [format.prefix, format.suffix].map((affix) =>
    affix.toLowerCase().replaceAll(TEMPLATE, type),
  );
  return [`${prefix}${typed}${suffix}`, ...rest].join(".");
}

/** The record that a TXT of this name is about; empty when the affix is missing. */
export function subjectOfTxt(format: RegistryFormat, txtName: string): RegistrySubject {
  const nobody = { recordName: "", recordType: "" };
  const name = txtName.toLowerCase();
  if (format.suffix === "") return withoutAffix(format, name) ?? nobody;
  if (format.prefix !== "") return nobody;
  // A suffix may hold dots: it ends the first of the labels it spans.
  const labels = name.split(".");
  const head = labels.slice(0, format.suffix.split(".").length);
  const subject = withoutAffix(format, head.join("."));
  if (subject === null) return nobody;
  const rest = labels.slice(head.length);
  return { ...subject, recordName: [subject.recordName, ...rest].join(".") };
}

/** Text of a registry TXT: keys sorted, in double quotes if asked. */
export function labelText(labels: Readonly<Record<string, string>>, quoted: boolean): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => `external-dns/${key}=${value}`);
  const text = [`heritage=${HERITAGE}`, ...pairs].join(",");
  return quoted ? `"${text}"` : text;
}

/** Labels of a registry TXT; null when the text has another heritage or none, and is thus not a registry's. */
export function parseLabels(text: string): Readonly<Record<string, string>> | null {
  const bare = text.replace(/^"+/, "").replace(/"+$/, "");
  const labels: Record<string, string> = {};
  let heritage = false;
  for (const token of bare.split(",")) {
    const equals = token.indexOf("=");
    if (equals === -1) continue;
    const [key, value] = [token.slice(0, equals), token.slice(equals + 1)];
    if (key === "heritage") {
      if (value !== HERITAGE) return null;
      heritage = true;
    } else if (key.startsWith("external-dns/")) {
      Object.defineProperty(labels, key.slice("external-dns/".length), {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }
  return heritage ? labels : null;
}

/** Whether every label of a name fits; a record whose TXT does not fit can never be owned. */
export function fitsLabels(name: string): boolean {
  return name.split(".").every((label) => label.length <= MAX_LABEL);
}

function isTemplated(format: RegistryFormat): boolean {
  return format.prefix.toLowerCase().includes(TEMPLATE) || format.suffix.toLowerCase().includes(TEMPLATE);
}

function withoutAffix(format: RegistryFormat, name: string): RegistrySubject | null {
  const [prefix, suffix] = [format.prefix.toLowerCase(), format.suffix.toLowerCase()];
  if (isTemplated(format)) {
    for (const recordType of TYPES) {
      const type = recordType.toLowerCase();
      const recordName = strip(name, prefix.replaceAll(TEMPLATE, type), suffix.replaceAll(TEMPLATE, type));
      if (recordName !== null) return { recordName, recordType };
    }
  }
  // Also the untyped form of a templated affix.
  const typed = strip(name, prefix.replaceAll(TEMPLATE, ""), suffix.replaceAll(TEMPLATE, ""));
  return typed === null ? null : leadingType(typed);
}

function strip(name: string, prefix: string, suffix: string): string | null {
  if (!name.startsWith(prefix) || !name.endsWith(suffix) || name.length < prefix.length + suffix.length) return null;
  return name.slice(prefix.length, name.length - suffix.length);
}

function leadingType(name: string): RegistrySubject {
  const hyphen = name.indexOf("-");
  const recordType = TYPES.find((type) => hyphen !== -1 && name.slice(0, hyphen) === type.toLowerCase());
  return recordType === undefined
    ? { recordName: name, recordType: "" }
    : { recordName: name.slice(hyphen + 1), recordType };
}

function isAesKey(key: string): boolean {
  return key.length === 32 || /^[A-Za-z0-9+/]{43}=$/.test(key);
}
