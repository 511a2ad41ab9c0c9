import { describe, expect, it } from "vitest";
import { nameServerMetrics } from "../../src/nameserver/metrics.ts";
import { question, responderOf, worldOfNames } from "../build/names.ts";

describe("nameServerMetrics()", () => {
  it("counts what was asked and answered", () => {
    const world = worldOfNames();
    const { respond, counts } = responderOf(() => world, null, 2);
    const ask = (message: Uint8Array, isUdp = true) => respond(message, "192.0.2.1", { isUdp, nowMs: 0 });
    for (const type of ["A", "A", "A"]) ask(question("shop.example.org", type));
    ask(question("nothing.example.org", "A"));
    ask(question("shop.example.org", "A", { udpSize: 1232, version: 1 }), false);
    ask(Buffer.alloc(3));
    const lines = nameServerMetrics(counts).split("\n");
    expect(lines.filter((line) => !line.startsWith("#") && line !== "")).toEqual([
      'portolan_dns_queries_total{transport="udp"} 4',
      'portolan_dns_queries_total{transport="tcp"} 1',
      'portolan_dns_answers_total{rcode="NOERROR"} 3',
      'portolan_dns_answers_total{rcode="NXDOMAIN"} 1',
      'portolan_dns_answers_total{rcode="BADVERS"} 1',
      "portolan_dns_ignored_total 1",
      "portolan_dns_limited_total 1",
      "portolan_dns_truncated_total 0",
    ]);
  });
});
