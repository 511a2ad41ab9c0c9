import type { RuntimeCapabilities } from "../core/capabilities.ts";
import { table } from "./table.ts";

/** What an edge can do on each runtime, a line each, or as JSON. */
export function capabilitiesText(all: readonly RuntimeCapabilities[], asJson: boolean): string {
  if (asJson) return `${JSON.stringify(all, null, 2)}\n`;
  const rows = all.map((one) => [
    one.runtime,
    yesNo(one.provesUnsent),
    one.hostOverride,
    yesNo(one.rawTarget),
    one.retry,
    yesNo(one.streamsRequestBody),
    one.concurrentFetches === null ? "no limit" : String(one.concurrentFetches),
    one.reports ?? "no",
    one.clientPlace,
  ]);
  const head = [
    "RUNTIME",
    "PROVES UNSENT",
    "HOST OVERRIDE",
    "RAW TARGET",
    "RETRY",
    "STREAMS BODY",
    "FETCHES AT ONCE",
    "REPORTS",
    "CLIENT'S PLACE",
  ];
  return `${table(head, rows)}\n`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}
