import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contextAccess } from "../../../src/kube/access/context-access.ts";
import { loadKubeconfig } from "../../../src/kube/access/kubeconfig.ts";
import { type ApiClient, apiClient } from "../../../src/kube/api-client.ts";
import { renewTokens } from "../../../src/kube/join/renewal.ts";
import { tokenTimes } from "../../../src/kube/join/token.ts";
import { eventually } from "../../scenarios/until.ts";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";
import { differences, everything, everythingSettled, type Operator, operator, writeControl } from "./operator.ts";

const why = await whyNoClusters();

describe.skipIf(why !== null)("joining a real cluster", () => {
  let world: RealClusters;
  let person: Operator;
  let admin: ApiClient;
  beforeAll(async () => {
    world = await startClusters(["us"]);
    admin = world.cluster("us").client;
    person = await operator(world);
    await writeControl(person, "");
  }, 120_000);
  afterAll(async () => {
    await person.close();
    await world.close();
  });
  const token = () => readFileSync(person.file(".portolan/tokens/us"), "utf8").trim();
  const reader = async () =>
    apiClient(contextAccess(await loadKubeconfig({ path: person.file(".portolan/clusters.kubeconfig") }), "us"));

  it("prints what the API server takes as it is", async () => {
    const { out } = await person.runHere("join", "us", "--dry-run", "--write-back");
    const [, ...objects] = out.split(/^---$/m).reverse();
    expect(await world.kubectl("us", ["apply", "--dry-run=client", "-f", "-"], objects.join("---\n"))).toContain(
      "clusterrole.rbac.authorization.k8s.io/portolan-reader",
    );
  });

  it("makes a reader that reads, and may nothing else; again it changes nothing; unjoin leaves nothing", async () => {
    const before = await everythingSettled(admin);
    const { out } = await person.runHere("join", "us", "--write-back");
    expect(out).toContain("us is joined");
    const client = await reader();
    try {
      for (const path of ["/api/v1/services", "/api/v1/nodes", "/apis/networking.k8s.io/v1/ingresses"]) {
        expect((await client.list(path)).ok, path).toBe(true);
      }
      const forbidden = [
        await client.list("/api/v1/secrets"),
        await client.get("/api/v1/namespaces/kube-system/secrets/any"),
        await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "mine" } }),
        await client.create("/api/v1/namespaces/default/serviceaccounts/default/token", {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: {},
        }),
        await client.delete("/apis/rbac.authorization.k8s.io/v1/clusterroles/portolan-reader"),
      ];
      expect(forbidden.map((answer) => (answer.ok ? "allowed" : answer.status))).toEqual([403, 403, 403, 403, 403]);
    } finally {
      await client.close();
    }

    const joined = await everything(admin);
    const first = token();
    expect((await person.runHere("join", "us", "--write-back")).out).toContain("  nothing to do");
    expect(await everything(admin)).toEqual(joined);
    expect(token()).toBe(first);

    // The token makes its successor by its own right, and the successor works.
    const times = tokenTimes(first);
    expect((times?.expiresAtMs ?? 0) - (times?.issuedAtMs ?? 0)).toBe(86_400_000);
    const half = (times?.issuedAtMs ?? 0) + 43_200_000;
    expect(await renewTokens(person.folder, () => half)).toMatchObject([{ cluster: "us", result: "renewed" }]);
    expect(token()).not.toBe(first);
    const renewed = await reader();
    expect((await renewed.list("/api/v1/services")).ok).toBe(true);
    await renewed.close();

    const unjoined = await person.runHere("unjoin", "us", "--no-drain");
    expect(unjoined.out).toContain("us is unjoined");
    const left = await eventually(
      async () => differences(before, await everything(admin)),
      (all) => all.length === 0,
      60_000,
    );
    expect(left).toEqual([]);
    expect(existsSync(person.file(".portolan/tokens"))).toBe(false);
  }, 120_000);

  it("says whose rights are missing, before it makes anything", async () => {
    await world.kubectl("us", ["create", "serviceaccount", "weak"]);
    const weak = (await world.kubectl("us", ["create", "token", "weak"])).trim();
    const config = JSON.parse(readFileSync(world.kubeconfig, "utf8")) as { users: { user: { token: string } }[] };
    for (const one of config.users) one.user.token = weak;
    const { writeFileSync } = await import("node:fs");
    writeFileSync(person.file("weak"), JSON.stringify(config));
    const before = await everything(admin);
    await expect(
      person.run("join", "us", "--config", person.file("portolan.yaml"), "--kubeconfig", person.file("weak")),
    ).rejects.toThrow(
      /Cannot join: rights: missing: create namespaces, .*create clusterroles\.rbac\.authorization\.k8s\.io/,
    );
    expect(await everything(admin)).toEqual(before);
  });
});
