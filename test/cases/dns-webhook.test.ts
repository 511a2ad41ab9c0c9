import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../src/core/dns/endpoint.ts";
import { changesJson, parseChanges } from "../../src/dns/webhook/json.ts";
import { type WebhookBackend, webhookServer } from "../../src/dns/webhook/server.ts";
import { sharedCases } from "./shared.ts";

interface WebhookCase {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly providerRecords?: readonly Partial<Endpoint>[];
    readonly providerError?: boolean;
    readonly bodyLargerThan?: string;
  };
  readonly expect: { readonly status: number; readonly json?: unknown };
}
interface JsonCase {
  readonly id: string;
  readonly json: string;
  readonly expect: string;
}

const { webhook, changesJson: jsonCases } = sharedCases<{
  readonly webhook: readonly WebhookCase[];
  readonly changesJson: readonly JsonCase[];
}>("dns_plan.json");

const EMPTY: Endpoint = {
  dnsName: "",
  recordType: "",
  targets: [],
  recordTTL: 0,
  setIdentifier: "",
  labels: {},
  providerSpecific: [],
};
const MAX = 1024;

describe("dns_plan.json: the webhook protocol", () => {
  it.each(webhook.map((one) => [one.id, one] as const))("%s", async (_id, { request, expect: wanted }) => {
    const fail = async () => {
      if (request.providerError === true) throw new Error("the provider is broken");
    };
    const backend: WebhookBackend = {
      domains: async () => ["example.org"],
      records: async () => (request.providerRecords ?? []).map((one) => ({ ...EMPTY, ...one })),
      apply: fail,
      adjust: async (endpoints) => {
        await fail();
        return endpoints;
      },
    };
    const text = typeof request.body === "string" ? request.body : JSON.stringify(request.body);
    const body = request.bodyLargerThan === undefined ? text : "x".repeat(MAX + 1);
    const init = request.method === "GET" ? {} : { body };
    const serve = webhookServer(backend, { maxBodyBytes: MAX });
    const response = await serve(
      new Request(`http://localhost:8888${request.path}`, { method: request.method, ...init }),
    );
    expect(response.status).toBe(wanted.status);
    if (wanted.json !== undefined) expect(await response.json()).toEqual(wanted.json);
  });

  it("has cases", () => {
    expect(webhook.length).toBeGreaterThan(5);
  });
});

describe("dns_plan.json: changes as JSON", () => {
  it.each(jsonCases.map((one) => [one.id, one] as const))("%s", (_id, { json, expect: wanted }) => {
    const parsed = parseChanges(json);
    if (!parsed.ok) throw new Error(parsed.problem);
    if (wanted.startsWith("encode and decode are inverse"))
      expect(JSON.parse(changesJson(parsed.value))).toEqual(JSON.parse(json));
    else {
      const counts = /^(\w+) has (\d+) entr/.exec(wanted);
      if (counts === null) throw new Error(`Cannot read the case's expectation "${wanted}"`);
      expect(Object.entries(parsed.value).find(([name]) => name === counts[1])?.[1]).toHaveLength(Number(counts[2]));
    }
  });
});
