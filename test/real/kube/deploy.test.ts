import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealClusters, startClusters, whyNoClusters } from "./clusters.ts";

const why = await whyNoClusters();
const BASE = join(import.meta.dirname, "../../../deploy/kustomize");

describe.skipIf(why !== null)("deploy/kustomize on a real API server", () => {
  let world: RealClusters;
  const kubectl = (...args: readonly string[]) => world.kubectl("us", args);
  beforeAll(async () => {
    world = await startClusters(["us"]);
  }, 120_000);
  afterAll(() => world.close());

  it.each(["crds", "control", "agent"])("is applied as it is: %s", async (folder) => {
    await kubectl("apply", "--server-side", "-k", join(BASE, folder));
    // Again nothing changes.
    const again = await kubectl("apply", "--server-side", "-k", join(BASE, folder));
    expect(
      again
        .trim()
        .split("\n")
        .every((line) => line.endsWith("serverside-applied")),
    ).toBe(true);
  });

  it("makes what control and the agent need, and lets them do no more", async () => {
    const names = await kubectl(
      "-n",
      "portolan",
      "get",
      "deployments,poddisruptionbudgets,services,serviceaccounts",
      "-o",
      "name",
    );
    for (const name of [
      "deployment.apps/portolan-control",
      "deployment.apps/portolan-agent",
      "poddisruptionbudget.policy/portolan-control",
      "service/portolan-store",
      "serviceaccount/portolan-control",
    ]) {
      expect(names).toContain(name);
    }
    const can = async (account: string, ...what: readonly string[]) =>
      (
        await kubectl("auth", "can-i", `--as=system:serviceaccount:portolan:${account}`, ...what).catch(() => "no")
      ).trim();
    expect(await can("portolan-control", "watch", "ingresses.networking.k8s.io", "-A")).toBe("yes");
    expect(await can("portolan-control", "patch", "ingresses.networking.k8s.io", "--subresource=status", "-A")).toBe(
      "yes",
    );
    expect(await can("portolan-control", "list", "clusters.portolan.dev")).toBe("yes");
    expect(await can("portolan-control", "patch", "ingresses.networking.k8s.io", "-A")).toBe("no");
    expect(await can("portolan-control", "get", "secrets", "-A")).toBe("no");
    expect(await can("portolan-agent", "list", "endpointslices.discovery.k8s.io", "-A")).toBe("yes");
    expect(await can("portolan-agent", "patch", "ingresses.networking.k8s.io", "--subresource=status", "-A")).toBe(
      "no",
    );
    expect(await can("portolan-agent", "create", "events.events.k8s.io", "-A")).toBe("no");
  });
});
