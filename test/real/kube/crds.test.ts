import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { customResourceDefinitions } from "../../../src/kube/schema/crd.ts";
import { yamlText } from "../../../src/kube/yaml-text.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";

const why = await whyNoClusters();
const docs = (page: string) => readFileSync(join(import.meta.dirname, "../../../docs", page), "utf8");

/** The objects of ours that a page shows as YAML. */
function examples(page: string): readonly string[] {
  return [...docs(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    /^kind: (?:Cluster|TrafficPolicy|HostClaim)$/m.test(block) ? [block] : [],
  );
}

describe.skipIf(why !== null)("our CustomResourceDefinitions on a real API server", () => {
  let world: RealClusters;
  const apply = (yaml: string, ...more: readonly string[]) =>
    world.kubectl("config", ["apply", "--server-side", "-f", "-", ...more], yaml);
  beforeAll(async () => {
    world = await startClusters(["config"]);
    await apply(yamlText(customResourceDefinitions()));
  }, 120_000);
  afterAll(() => world.close());

  it("are established and structural", async () => {
    for (const plural of ["clusters", "trafficpolicies", "hostclaims"]) {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.portolan.dev`;
      const { object } = await eventually(
        async () => {
          const answer = await world.cluster("config").client.get(path);
          return { object: answer.ok ? JSON.stringify(answer.object["status"]) : "" };
        },
        (answer) => /"type":"Established","status":"True"|"status":"True"[^}]*"type":"Established"/.test(answer.object),
      );
      expect(object).not.toContain("NonStructuralSchema");
    }
  });

  it.each([...examples("objects.md"), ...examples("traffic-policy.md"), ...examples("steering.md")])(
    "take the example of the docs: %#",
    async (yaml) => {
      expect(await apply(yaml)).toMatch(/serverside-applied/);
    },
  );

  it("show our columns", async () => {
    const columns = async (resource: string) =>
      (await world.kubectl("config", ["get", resource]))
        .split("\n")[0]
        ?.split(/ {2,}/)
        .map((word) => word.trim());
    expect(await columns("clusters.portolan.dev")).toEqual([
      "NAME",
      "REGION",
      "WEIGHT",
      "API",
      "DATA",
      "BACKENDS",
      "AGE",
    ]);
    expect(await columns("trafficpolicies")).toEqual(["NAME", "HOSTS", "STEERING", "ACCEPTED", "AGE"]);
    expect(await columns("hostclaims")).toEqual(["NAME", "HOSTS", "NAMESPACES", "ACCEPTED", "AGE"]);
  });

  it("let null stand where the reader does", async () => {
    const yaml = (spec: object) =>
      JSON.stringify({ apiVersion: "portolan.dev/v1alpha1", kind: "Cluster", metadata: { name: "nulls" }, spec });
    await apply(yaml({ provider: null, weight: null, gateway: { connectHost: "a.example.org", port: null } }));
    await apply(JSON.stringify({ apiVersion: "portolan.dev/v1alpha1", kind: "Cluster", metadata: { name: "bare" } }));
  });

  it.each([
    [{ weight: 1001 }, "spec.weight"],
    [{ weight: 1.5 }, "spec.weight"],
    [{ location: { latitude: 1 } }, "spec.location.longitude"],
    [{ gateway: { connectHost: "a", protocol: "ftp" } }, "spec.gateway.protocol"],
    [{ gateway: {} }, "spec.gateway.connectHost"],
    [{ wieght: 1 }, "wieght"],
  ])("refuse %j", async (spec, field) => {
    const object = { apiVersion: "portolan.dev/v1alpha1", kind: "Cluster", metadata: { name: "bad" }, spec };
    await expect(apply(JSON.stringify(object))).rejects.toThrow(field);
  });
});
