import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { READER_RULES } from "../../src/core/join/objects.ts";
import { readControlFile } from "../../src/kube/control-file.ts";
import { customResourceDefinitions } from "../../src/kube/schema/crd.ts";
import { parseManifests } from "../../src/kube/yaml.ts";
import { yamlText } from "../../src/kube/yaml-text.ts";

const BASE = join(import.meta.dirname, "../../deploy/kustomize");
const text = (path: string) => readFileSync(join(BASE, path), "utf8");
const rules = (path: string) =>
  parseManifests(text(path), path).documents.flatMap(
    ({ value }) => (value as { rules?: readonly object[] }).rules ?? [],
  );

describe("deploy/kustomize", () => {
  it("has the CustomResourceDefinitions of today's schemas", () => {
    const remade = "node bin/portolan.mjs schema --crds > deploy/kustomize/crds/crds.yaml";
    expect(text("crds/crds.yaml"), remade).toBe(yamlText(customResourceDefinitions()));
  });

  it("starts control from a file that it can read", async () => {
    const read = await readControlFile(join(BASE, "control/portolan.yaml"));
    expect(read).toMatchObject({ ok: true, settings: { config: "in-cluster", admin: "0.0.0.0:7180" } });
  });

  it.each(["control/rbac.yaml", "agent/rbac.yaml"])("gives no right to a Secret or to a spec in %s", (path) => {
    const granted = JSON.stringify(rules(path));
    expect(rules(path).length).toBeGreaterThan(2);
    expect(granted).not.toMatch(/secrets|"\*"|"update"|"delete"|"escalate"|"impersonate"/);
    for (const rule of rules(path) as readonly { verbs: readonly string[]; resources: readonly string[] }[]) {
      if (!rule.verbs.includes("patch")) continue;
      expect(rule.resources.every((one) => one.endsWith("/status") || one === "events")).toBe(true);
    }
  });

  it("reads in the cluster what join lets it read elsewhere", () => {
    const wanted = READER_RULES.slice(0, 3).map((rule) => JSON.stringify(rule));
    expect(rules("control/rbac.yaml").map((rule) => JSON.stringify(rule))).toEqual(expect.arrayContaining(wanted));
  });

  it("names every file in its kustomization", () => {
    for (const folder of ["control", "agent", "crds"]) {
      const listed = text(`${folder}/kustomization.yaml`);
      for (const name of readdirSync(join(BASE, folder))) {
        if (name !== "kustomization.yaml") expect(listed).toContain(name);
      }
    }
  });
});
