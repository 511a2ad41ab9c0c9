import { isIP } from "node:net";

/**
 * Kubernetes' rules for names, hosts and paths, re-written. Each rule takes text and answers what is wrong with it,
 * in words that continue "the field is …", or null when it is right.
 */
export type TextRule = (text: string) => string | null;

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const portName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/** RFC 1123 label, ≤ 63: a namespace, a cluster. */
export const dnsLabel: TextRule = (text) =>
  text.length <= 63 && label.test(text)
    ? null
    : 'it must be at most 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit';

/** RFC 1035 label, ≤ 63: a Service. */
export const serviceName: TextRule = (text) =>
  text.length <= 63 && label.test(text) && /^[a-z]/.test(text)
    ? null
    : 'it must be at most 63 of a-z, 0-9 and "-", beginning with a letter and ending with a letter or digit';

/** RFC 1123 subdomain, ≤ 253: the name of most objects. */
export const dnsName: TextRule = (text) =>
  text.length <= 253 && text.split(".").every((part) => label.test(part))
    ? null
    : 'it must be at most 253 of a-z, 0-9, "-" and ".", each part beginning and ending with a letter or digit';

/** Name of a service port: ≤ 15, at least one letter. */
export const servicePortName: TextRule = (text) =>
  text.length <= 15 && portName.test(text) && /[a-z]/.test(text) && !text.includes("--")
    ? null
    : 'it must be at most 15 of a-z, 0-9 and "-" with at least one letter';

/** A host of an Ingress rule: a DNS name in lower case, or `*.` and one, which stands for one label. */
export const ingressHost: TextRule = (text) => {
  const name = text.startsWith("*.") ? text.slice(2) : text;
  if (text === "*") return "leave the host out to match every host";
  if (name.includes("*")) return 'a wildcard must be the whole first label, as in "*.example.org"';
  return hostName(name);
};

/** A DNS name in lower case without port or trailing dot, each label ≤ 63; not an address. */
export const hostName: TextRule = (text) => {
  if (isIP(text) !== 0 || /^\[.*\]$/.test(text)) return "it must be a DNS name, not an IP address";
  if (/:\d*$/.test(text)) return "write it without a port";
  if (text.endsWith(".")) return "write it without the trailing dot";
  if (text !== text.toLowerCase()) return "write it in lower case";
  if (text.split(".").some((part) => part.length > 63)) return "a label has at most 63 characters";
  return dnsName(text);
};

/** A DNS name or a literal address: where a connection can go. */
export const connectHost: TextRule = (text) => (isIP(text) === 0 ? hostName(text) : null);

/** Path of an Ingress with pathType Exact or Prefix. Any other spelling of these would match something else. */
export const ingressPath: TextRule = (text) => {
  if (!text.startsWith("/")) return 'it must start with "/"';
  for (const part of ["//", "/./", "/../", "%2f", "%2F"]) {
    if (text.includes(part)) return `it must not contain "${part}"`;
  }
  for (const end of ["/..", "/."]) {
    if (text.endsWith(end)) return `it must not end with "${end}"`;
  }
  return null;
};

/** A range of addresses such as `192.0.2.0/24`. */
export const cidr: TextRule = (text) => {
  const [address = "", prefix = "", ...rest] = text.split("/");
  const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 && !address.includes("%") ? 128 : -1;
  const length = /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : Number.POSITIVE_INFINITY;
  return rest.length === 0 && length <= bits ? null : 'it must be an address range such as "192.0.2.0/24"';
};

/** ISO 3166-1 alpha-2 in capitals. */
export const country: TextRule = (text) =>
  /^[A-Z]{2}$/.test(text) ? null : 'it must be a country code of two capitals, as in "DE"';

/** Text that is there. */
export const notEmpty: TextRule = (text) => (text === "" ? "it must not be empty" : null);

const labelForm = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const nameForm = `${labelForm}(\\.${labelForm})*`;

/** What JSON schema can say of a rule: never more than the rule itself. */
const forms: ReadonlyMap<TextRule, Readonly<Record<string, string | number>>> = new Map<
  TextRule,
  Readonly<Record<string, string | number>>
>([
  [dnsLabel, { pattern: `^${labelForm}$`, maxLength: 63 }],
  [dnsName, { pattern: `^${nameForm}$`, maxLength: 253 }],
  [hostName, { pattern: `^${nameForm}$`, maxLength: 253 }],
  [ingressHost, { pattern: `^(\\*\\.)?${nameForm}$`, maxLength: 255 }],
  [cidr, { pattern: "^[0-9a-fA-F.:]+/[0-9]{1,3}$", maxLength: 49 }],
  [country, { pattern: "^[A-Z]{2}$" }],
  [notEmpty, { minLength: 1 }],
]);

/** Keywords of JSON schema for a rule; none for rules that it cannot express. */
export function formOf(rule: TextRule): Readonly<Record<string, string | number>> {
  return forms.get(rule) ?? {};
}
