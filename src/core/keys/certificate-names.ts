/** The host names in a certificate's `subjectAltName`, as Node writes it out: `DNS:a.example.org, IP Address:192.0.2.1`. */
export function dnsNamesOf(subjectAltName: string): readonly string[] {
  return subjectAltName
    .split(",")
    .map((part) => part.trim())
    .flatMap((part) => (part.startsWith("DNS:") ? [part.slice(4)] : []));
}
