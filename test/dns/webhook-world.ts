import { type ServerType, serve } from "@hono/node-server";
import type { AddressInfo } from "node:net";
import { type RecordSet, recordKey } from "../../src/core/dns/records.ts";
import { memoryDns, type MemoryZones, memoryZones } from "../../src/dns/memory.ts";
import { externalDnsWebhook } from "../../src/dns/webhook.ts";
import { providerBackend } from "../../src/dns/webhook/backend.ts";
import { webhookServer } from "../../src/dns/webhook/server.ts";
import type { RunningDns } from "../conformance/dns-provider.ts";
import { virtualTime } from "./virtual-time.ts";

export const WEBHOOK_ZONE = { name: "example.org", visibility: "public", id: "example.org" } as const;

export async function listen(
  fetch: (request: Request) => Promise<Response>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = await new Promise<ServerType>((resolve) => {
    const started: ServerType = serve({ fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Our client on our server before the strict reference. */
export async function webhookWorld(): Promise<RunningDns & { readonly zones: MemoryZones; readonly url: string }> {
  const truth = memoryZones({ ...WEBHOOK_ZONE, id: "zone-1" });
  const history: (readonly RecordSet[])[] = [];
  const watched: MemoryZones = {
    ...truth,
    async swap(id, expected, next) {
      const swapped = await truth.swap(id, expected, next);
      if (swapped) history.push([...next.values()]);
      return swapped;
    },
  };
  let lost = 0;
  let throttled = 0;
  const handler = webhookServer(providerBackend(memoryDns(watched, { time: virtualTime() })));
  const far = await listen(async (request) => {
    if (throttled > 0) {
      throttled -= 1;
      return new Response("too busy", { status: 503 });
    }
    const response = await handler(request);
    if (request.method === "GET" || lost === 0) return response;
    lost -= 1;
    return new Response("the answer was lost on the way", { status: 502 });
  });
  const provider = () => externalDnsWebhook({ url: far.url, zones: [WEBHOOK_ZONE], time: virtualTime() });
  return {
    url: far.url,
    zones: truth,
    provider: provider(),
    other: provider(),
    zone: WEBHOOK_ZONE,
    async seed(sets) {
      const current = (await truth.read("zone-1")) ?? new Map<string, RecordSet>();
      await truth.swap("zone-1", current, new Map([...current, ...sets.map((set) => [recordKey(set), set] as const)]));
    },
    history: () => history,
    faults: {
      loseAnswers(count) {
        lost = count;
      },
      throttle(count) {
        throttled = count;
      },
    },
    close: far.close,
  };
}
