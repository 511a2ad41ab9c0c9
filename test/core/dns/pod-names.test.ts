import { describe, expect, it } from "vitest";
import { globalName } from "../../../src/core/dns/federated-service.ts";
import { clustersetName, headlessSets } from "../../../src/core/dns/pod-names.ts";
import { planZone } from "../../../src/core/dns/plan.ts";
import { plainSet } from "../../../src/core/dns/records.ts";
import { planInput, wish } from "./zone.ts";

const BASE = clustersetName("db", "shop");
const PORTS = [{ name: "sql", protocol: "TCP", port: 5432 }];

describe("names of pods", () => {
  const pods = [
    { cluster: "paris", hostname: "db-0", addresses: ["10.1.0.1", "2001:db8::1"] },
    { cluster: "dublin", hostname: "db-0", addresses: ["10.2.0.1"] },
    { cluster: "dublin", hostname: null, addresses: ["10.2.0.2"] },
  ];

  it("headlessSets() names each pod of a StatefulSet by cluster, as the Multi-Cluster Services API says", () => {
    expect(headlessSets(BASE, pods, PORTS, 5)).toEqual([
      plainSet("db.shop.svc.clusterset.local", "A", ["10.1.0.1", "10.2.0.1", "10.2.0.2"], 5),
      plainSet("db.shop.svc.clusterset.local", "AAAA", ["2001:db8::1"], 5),
      plainSet("db-0.dublin.db.shop.svc.clusterset.local", "A", ["10.2.0.1"], 5),
      plainSet("db-0.paris.db.shop.svc.clusterset.local", "A", ["10.1.0.1"], 5),
      plainSet("db-0.paris.db.shop.svc.clusterset.local", "AAAA", ["2001:db8::1"], 5),
      plainSet(
        "_sql._tcp.db.shop.svc.clusterset.local",
        "SRV",
        ["0 100 5432 db-0.dublin.db.shop.svc.clusterset.local", "0 100 5432 db-0.paris.db.shop.svc.clusterset.local"],
        5,
      ),
    ]);
  });

  it("works under a federated name as well, and the planner takes every set", () => {
    const base = globalName({ service: "db", namespace: "shop", federation: "prod", suffix: "example.org" });
    const sets = headlessSets(base, pods, PORTS, 5);
    const plan = planZone(planInput({ desired: sets.map((set) => wish(set)) }));
    expect(plan.conflicts).toEqual([]);
    expect(plan.changes.flatMap((change) => change.after).filter((set) => set.type !== "TXT").length).toBe(sets.length);
  });
});
