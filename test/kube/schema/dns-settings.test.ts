import { describe, expect, it } from "vitest";
import { readDnsSettings } from "../../../src/kube/schema/dns-settings.ts";

const withHosts = (edge: object) =>
  readDnsSettings({
    owner: "east",
    zones: [{ name: "example.org", provider: { type: "memory" } }],
    edges: [{ name: "workers", ...edge }],
  });
const ATTACH = { type: "cloudflare", zoneId: "z1", token: { env: "CLOUDFLARE_TOKEN" } };

describe("readDnsSettings() of edges with hosts", () => {
  it("reads declared hosts and where the others are attached", () => {
    const { value } = withHosts({
      hostName: "edge.example.net",
      hosts: { declared: ["*.example.org"], attach: ATTACH },
    });
    expect(value?.hosts).toEqual([
      {
        edge: "workers",
        target: "edge.example.net",
        declared: ["*.example.org"],
        attach: { ...ATTACH, url: null },
      },
    ]);
    expect(withHosts({ hostName: "edge.example.net" }).value?.hosts).toEqual([]);
  });

  it.each([
    ["no name to point at", { hosts: { attach: ATTACH } }, "edges[0]", "has to say hostName"],
    ["a declared host that is none", { hosts: { declared: ["a_b"] } }, "edges[0].hosts.declared[0]", '"a_b"'],
    [
      "an unknown platform",
      { hostName: "e.example.net", hosts: { attach: { ...ATTACH, type: "fastly" } } },
      "edges[0].hosts.attach.type",
      "cloudflare",
    ],
    [
      "a token in the file",
      { hostName: "e.example.net", hosts: { attach: { ...ATTACH, token: "secret" } } },
      "edges[0].hosts.attach.token",
      "",
    ],
  ])("refuses %s", (_what, edge, path, message) => {
    const { value, findings } = withHosts(edge);
    expect(value).toBeNull();
    const at = findings.map((one) => one.path.map((part) => (typeof part === "number" ? `[${part}]` : part)).join("."));
    expect(at.map((one) => one.replaceAll(".[", "["))).toContain(path);
    expect(findings.map((one) => one.message).join("\n")).toContain(message);
    expect(JSON.stringify(findings)).not.toContain('secret"');
  });
});
