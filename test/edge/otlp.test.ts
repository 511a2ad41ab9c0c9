import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../../src/core/health/circuit.ts";
import type { Candidate } from "../../src/core/decision.ts";
import { newEdgeState } from "../../src/edge/state.ts";
import { newEvent } from "../../src/edge/event.ts";
import { edgeMetrics } from "../../src/edge/metrics.ts";
import { isolateTelemetry } from "../../workers/isolate-otlp.ts";
import { startOtlp } from "../../workers/otlp.ts";
import { startOtlpReceiver } from "../build/otlp-receiver.ts";

const ORIGIN = {
  connectHost: "192.0.2.1",
  port: 80,
  protocol: "http" as const,
  serverName: null,
  ca: null,
  host: "public",
  allowedCidrs: [],
  signed: false,
};

function candidate(cluster: string): Candidate {
  return {
    cluster,
    service: "default/shop/80",
    costUs: 12_500,
    basis: "measured",
    panic: null,
    limits: DEFAULT_LIMITS,
    origins: [ORIGIN],
  };
}

function failedOver() {
  const event = newEvent("GET", "http", 1_795_500_000_000.25);
  Object.assign(event, { traceId: "a".repeat(32), spanId: "b".repeat(16), parentSpanId: "c".repeat(16), status: 200 });
  event.tries.push(
    {
      candidate: candidate("fra"),
      origin: ORIGIN,
      outcome: { type: "failed", failure: "refused", unsent: true, detail: "" },
      durationMs: 1,
    },
    {
      candidate: candidate("nyc"),
      origin: ORIGIN,
      outcome: { type: "answered", status: 200, retryAfterMs: null },
      durationMs: 90,
    },
  );
  return event;
}

describe("startOtlp()", () => {
  it("is off unless the environment names a receiver", () => {
    expect(startOtlp("fra-1", () => "", {})).toBeNull();
  });

  it("sends one span per request and one per try, and the metrics page", async () => {
    const to = await startOtlpReceiver();
    const metrics = edgeMetrics({
      generation: () => 7,
      snapshotAgeSeconds: () => null,
      liveRequests: () => 0,
      ejectedOrigins: () => 0,
    });
    const event = failedOver();
    metrics.request(event, event.startedMs + 95);
    const otlp = startOtlp("fra-1", metrics.text, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${to.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=s%20ecret",
      OTEL_BSP_SCHEDULE_DELAY: "600000",
    });
    otlp?.exporter.request(event, event.startedMs + 95);
    await otlp?.close();
    to.close();
    const traces = to.got.find((one) => one.path === "/v1/traces");
    expect(traces?.key).toBe("s ecret");
    const [server, first, second] = to.spans();
    expect(server).toMatchObject({
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
      parentSpanId: "c".repeat(16),
      kind: 2,
      startTimeUnixNano: "1795500000000250000",
      endTimeUnixNano: "1795500000095250000",
    });
    expect(first).toMatchObject({ parentSpanId: "b".repeat(16), name: "GET fra", status: { code: 2 } });
    expect(second).toMatchObject({ name: "GET nyc", status: {}, startTimeUnixNano: "1795500000001250000" });
    const page = JSON.stringify(to.got.find((one) => one.path === "/v1/metrics")?.body);
    expect(page).toContain('"name":"portolan_failovers_total"');
    expect(page).toContain('"isMonotonic":true');
    const durations =
      /"name":"http_server_request_duration_seconds".*?"bucketCounts":(\[[^\]]+\]),"explicitBounds":(\[[^\]]+\])/.exec(
        page,
      );
    const [counts, bounds] = [durations?.[1], durations?.[2]].map((text) => JSON.parse(text ?? "[]") as unknown[]);
    expect(counts?.length).toBe((bounds?.length ?? 0) + 1);
    expect(counts?.filter((count) => count === "1")).toHaveLength(1);
  });

  it("loses spans and nothing else when the receiver refuses or is gone", async () => {
    const to = await startOtlpReceiver(503);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: to.url, OTEL_BSP_SCHEDULE_DELAY: "600000" };
    const otlp = startOtlp("fra-1", () => "", env);
    const event = failedOver();
    otlp?.exporter.request(event, event.startedMs);
    await otlp?.exporter.flush("");
    expect(otlp?.exporter.dropped()).toBe(3);
    to.close();
    for (let index = 0; index < 3000; index += 1) otlp?.exporter.request(event, event.startedMs);
    expect(otlp?.exporter.dropped()).toBeGreaterThan(3);
    await otlp?.close();
    expect(otlp?.exporter.dropped()).toBe(3 + 3 * 3000);
  });
});

describe("isolateTelemetry()", () => {
  it("sends what came since the last sending, and again what was not taken", async () => {
    const to = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: to.url, OTEL_BSP_SCHEDULE_DELAY: "10" };
    const telemetry = isolateTelemetry("cloudflare-fra", env);
    const counted = telemetry?.metrics(newEdgeState("cloudflare-fra", null, 1));
    const event = failedOver();
    const see = async () => {
      counted?.request(event, event.startedMs + 95);
      await telemetry?.sendSoon();
    };
    const failovers = () => to.sum("portolan_failovers_total", { portolan_cluster: "fra" });
    await see();
    await see();
    expect(failovers()).toBe(2);
    to.answer(503);
    await see();
    to.got.length = 0;
    to.answer(200);
    await see();
    // What was refused and what came since.
    expect(failovers()).toBe(2);
    await telemetry?.sendSoon();
    expect(failovers()).toBe(2);
    to.close();
  });
});
