import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EventWrite, StatusWrite, WriteBackPlan } from "../../src/core/write-back/plan.ts";
import { type ApiClient, apiClient } from "../../src/kube/api-client.ts";
import { writeBack } from "../../src/kube/write-back.ts";
import { rfc3339 } from "../../src/core/rfc3339.ts";
import { type KubeApi, startKubeApi } from "../build/kube-api.ts";

const PATH = "/apis/networking.k8s.io/v1/namespaces/default/ingresses/a";
const target = {
  cluster: "us",
  kind: "Ingress",
  apiVersion: "networking.k8s.io/v1",
  namespace: "default",
  name: "a",
  uid: "",
};
const plan = (more: Partial<WriteBackPlan>): WriteBackPlan => ({ statuses: [], events: [], conditions: [], ...more });
const status = (hostname: string): StatusWrite => ({ ...target, addresses: [{ ip: null, hostname }] });
const event: EventWrite = { ...target, type: "Warning", reason: "HostConflict", note: "Cannot route a.example.org" };

let api: KubeApi;
let client: ApiClient;
let log: string[] = [];
let nowMs = 1_800_000_000_000;
beforeEach(async () => {
  api = await startKubeApi();
  client = apiClient({ server: api.url });
  log = [];
  api.put(PATH, { kind: "Ingress", metadata: { namespace: "default" }, spec: { rules: [] } });
});
afterEach(async () => {
  await client.close();
  await api.close();
});
const writer = () => writeBack({ clientOf: () => client, now: () => nowMs, log: (line) => void log.push(line) });
const writes = () => api.requests.filter((one) => !one.startsWith("GET"));
const events = () => [...api.objects].filter(([path]) => path.includes("/events/")).map(([, object]) => object);

describe("writeBack()", () => {
  it("applies a status and nothing besides it", async () => {
    await writer().carryOut(plan({ statuses: [status("edge.example.org")] }));
    expect(api.objects.get(PATH)).toMatchObject({
      spec: { rules: [] },
      status: { loadBalancer: { ingress: [{ hostname: "edge.example.org" }] } },
    });
    expect(writes()).toEqual([`PATCH ${PATH}/status`]);
    expect(log).toEqual([]);
  });

  it("answers a conflict with an Event and never tries again", async () => {
    api.refuse = (method) => (method === "PATCH" ? { code: 409, reason: "Conflict" } : null);
    const back = writer();
    for (let loop = 0; loop < 10; loop += 1) await back.carryOut(plan({ statuses: [status("edge.example.org")] }));
    expect(writes()).toEqual([`PATCH ${PATH}/status`, "POST /apis/events.k8s.io/v1/namespaces/default/events"]);
    expect(events()).toMatchObject([
      { reason: "StatusConflict", type: "Warning", regarding: { kind: "Ingress", name: "a" } },
    ]);
    // Another address is another question.
    await back.carryOut(plan({ statuses: [status("other.example.org")] }));
    expect(writes()).toHaveLength(3);
  });

  it("tells an Event once, also after a restart", async () => {
    const back = writer();
    await back.carryOut(plan({ events: [event] }));
    await back.carryOut(plan({ events: [event] }));
    expect(writes()).toHaveLength(1);
    await writer().carryOut(plan({ events: [event] }));
    expect(writes()).toHaveLength(2);
    expect(events()).toHaveLength(1);
    expect(events()[0]).toMatchObject({ note: "Cannot route a.example.org", eventTime: "2027-01-15T08:00:00.000000Z" });
    expect(log).toEqual([]);
  });

  it("leaves a cluster alone that does not let it write, and asks again later", async () => {
    api.refuse = (method) => (method === "PATCH" ? { code: 403, reason: "Forbidden" } : null);
    const back = writer();
    for (let loop = 0; loop < 3; loop += 1)
      await back.carryOut(plan({ statuses: [status("e.example.org")], events: [event] }));
    expect(writes()).toEqual([`PATCH ${PATH}/status`]);
    expect(log).toEqual([
      "Cannot write statuses in us: the API answered 403 Forbidden; it is tried again in ten minutes",
    ]);
    api.refuse = () => null;
    nowMs += 600_001;
    await back.carryOut(plan({ statuses: [status("e.example.org")] }));
    expect(api.objects.get(PATH)).toHaveProperty("status");
  });

  it("keeps a condition's time while its status stays, and writes nothing that stands there", async () => {
    const path = "/apis/portolan.dev/v1alpha1/clusters/us";
    api.put(path, { kind: "Cluster", metadata: {} });
    const write = (message: string, status: "True" | "False") => ({
      ...target,
      cluster: null,
      kind: "Cluster",
      apiVersion: "portolan.dev/v1alpha1",
      namespace: "",
      name: "us",
      status: {
        conditions: [{ type: "Serving", status, reason: "Serving", message }],
        health: { api: "reachable", data: "serving", backends: "1/1" },
      },
    });
    const back = writer();
    const time = () => JSON.stringify(api.objects.get(path)?.["status"]);
    await back.carryOut(plan({ conditions: [write("", "True")] }));
    const first = time();
    // Within a minute the API is not even asked.
    const asked = api.requests.length;
    await back.carryOut(plan({ conditions: [write("", "True")] }));
    expect(api.requests.length).toBe(asked);
    nowMs += 60_000;
    await back.carryOut(plan({ conditions: [write("", "True")] }));
    expect(time()).toBe(first);
    expect(writes()).toHaveLength(1);
    await back.carryOut(plan({ conditions: [write("new words", "True")] }));
    expect(time()).toBe(first.replace('"message":""', '"message":"new words"'));
    await back.carryOut(plan({ conditions: [write("", "False")] }));
    expect(time()).toContain(rfc3339(nowMs));
  });

  it("does not write to what is gone", async () => {
    api.objects.delete(PATH);
    api.refuse = (method, path) =>
      method === "PATCH" && !api.objects.has(path) ? { code: 404, reason: "NotFound" } : null;
    await writer().carryOut(plan({ statuses: [status("e.example.org")] }));
    expect(log).toEqual([]);
  });
});
