/** What a name server counted, as Prometheus text. */
import type { NameServerCounts } from "./respond.ts";

const RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/** Exposition format 0.0.4. */
export function nameServerMetrics({ udp, tcp, ignored, limited, truncated, rcodes }: NameServerCounts): string {
  const answers = rcodes.flatMap((count, code) => {
    const rcode = RCODES[code] ?? (code === 16 ? "BADVERS" : `RCODE${code}`);
    return count > 0 ? [`portolan_dns_answers_total{rcode="${rcode}"} ${count}`] : [];
  });
  return [
    ...family("queries", "Queries that could be read.", [
      `portolan_dns_queries_total{transport="udp"} ${udp}`,
      `portolan_dns_queries_total{transport="tcp"} ${tcp}`,
    ]),
    ...family("answers", "Answers by code, those that were limited too.", answers),
    ...family("ignored", "Messages that get no answer: answers, and what is no message.", [
      `portolan_dns_ignored_total ${ignored}`,
    ]),
    ...family("limited", "Answers that were dropped or cut by the rate limit.", [
      `portolan_dns_limited_total ${limited}`,
    ]),
    ...family("truncated", "Answers that were too long for UDP.", [`portolan_dns_truncated_total ${truncated}`]),
    "",
  ].join("\n");
}

function family(name: string, help: string, lines: readonly string[]): readonly string[] {
  return [`# HELP portolan_dns_${name}_total ${help}`, `# TYPE portolan_dns_${name}_total counter`, ...lines];
}
