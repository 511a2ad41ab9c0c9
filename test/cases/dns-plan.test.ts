import { describe, expect, it } from "vitest";
import { batchesOf } from "../../src/core/dns/batch.ts";
import {
  type CompatPlanInput,
  effectiveCells,
  hasChanges,
  planCompat,
  propertiesDiffer,
  smallest,
  winningCandidate,
} from "../../src/core/dns/compat-plan.ts";
import { type CompatRegistry, changesWithTxts, ownedRecords, txtsOf } from "../../src/core/dns/compat-registry.ts";
import { type DomainFilter, EVERY_NAME, isParentOfFilter, passesFilter } from "../../src/core/dns/domain-filter.ts";
import type { Endpoint, EndpointChanges } from "../../src/core/dns/endpoint.ts";
import { normaliseName } from "../../src/core/dns/idna.ts";
import { dnsName, suitableZones } from "../../src/core/dns/names.ts";
import { compareTargets, sameTargets } from "../../src/core/dns/targets.ts";
import { labelText, parseLabels, registryProblem, subjectOfTxt, txtNameOf } from "../../src/core/dns/txt-registry.ts";
import { decryptText, registryKey } from "../../src/dns/txt-encryption.ts";
import { sharedCases } from "./shared.ts";

type Wire = Partial<Endpoint>;
type WireChanges = Partial<Record<keyof EndpointChanges, Wire[]>>;
type Policy = CompatPlanInput["policy"];
interface Case<I, E> {
  readonly id: string;
  readonly input: I;
  readonly expect: E;
}
interface RegistryConfig {
  readonly prefix?: string;
  readonly suffix?: string;
  readonly wildcardReplacement?: string;
  readonly ownerId: string;
  readonly oldOwnerId?: string;
  readonly managedRecordTypes?: string[];
  readonly encrypt?: boolean;
  readonly aesKey?: string | null;
}
interface WireFilter {
  readonly include?: string[];
  readonly exclude?: string[];
  readonly regexInclude?: string;
  readonly regexExclude?: string;
}
interface PlanWire {
  readonly current: Wire[];
  readonly desired: Wire[];
  readonly managedRecordTypes: string[];
  readonly excludeRecordTypes: string[];
  readonly policy: Policy;
  readonly ownerId: string;
  readonly oldOwnerId: string;
  readonly domainFilter?: WireFilter;
}
interface Cases {
  readonly plan: (Case<PlanWire, WireChanges> & { readonly expectHasChanges: boolean })[];
  readonly conflict: Case<{ operation: string; candidates: Wire[]; current?: Wire }, { winner: Wire }>[];
  readonly conflictTypes: Case<
    { current: Wire[]; candidates: Wire[] },
    { effectiveByType: Record<string, { current: Wire | null; candidates: Wire[] }> }
  >[];
  readonly policy: Case<{ policy: Policy; changes: WireChanges }, WireChanges>[];
  readonly providerSpecific: Case<
    { current: { name: string; value: string }[]; desired: { name: string; value: string }[] },
    { changed: boolean }
  >[];
  readonly targets: { id: string; op: string; a: string[]; b: string[]; expect: boolean }[];
  readonly nameNormalisation: Case<string, string>[];
  readonly domainFilter: Case<WireFilter & { domains: string[] }, { matchEach?: boolean; matchParentEach?: boolean }>[];
  readonly txtName: (Case<
    {
      prefix: string;
      suffix: string;
      wildcardReplacement?: string;
      txtName?: string;
      recordName?: string;
      recordType?: string;
    },
    { recordName?: string; recordType?: string; txtName?: string }
  > & { op: string })[];
  readonly txtLabels: (Case<
    { labels?: Record<string, string>; quotes?: boolean; text?: string; aesKey?: string },
    { text?: string; labels?: Record<string, string> | null; errorInvalidHeritage?: boolean }
  > & { op: string })[];
  readonly registryConfig: { id: string; config: RegistryConfig; expect: { error: boolean } }[];
  readonly registryRecords: { id: string; config: RegistryConfig; zoneContents: Wire[]; expectRecords: Wire[] }[];
  readonly registryApply: {
    id: string;
    config: RegistryConfig;
    recordsCalledBefore: boolean;
    input: WireChanges;
    expectSentToProvider: WireChanges;
  }[];
  readonly registryGenerate: { id: string; config: RegistryConfig; input: Wire; expectTxt: Wire[] }[];
  readonly registryLoops: {
    id: string;
    config: RegistryConfig;
    desired?: Wire[];
    zoneContents?: Wire[];
    expectFirstLoop?: WireChanges;
    steps?: unknown[];
  }[];
  readonly batching: Case<
    {
      changes: string;
      bytesPerChange: { A: number; TXT: number };
      valuesPerChange: number;
      limits: { changes: number; bytes: number; values: number };
    },
    { batchSizes: number[] }
  >[];
  readonly zoneSelection: Case<
    { hostname: string; zones: { id: string; name: string; private: boolean }[] },
    { zoneIds: string[] }
  >[];
}

const cases = sharedCases<Cases>("dns_plan.json");

function endpoint(wire: Wire): Endpoint {
  return {
    dnsName: wire.dnsName ?? "",
    recordType: wire.recordType ?? "",
    targets: wire.targets ?? [],
    recordTTL: wire.recordTTL ?? 0,
    setIdentifier: wire.setIdentifier ?? "",
    labels: wire.labels ?? {},
    providerSpecific: wire.providerSpecific ?? [],
  };
}

/** Text by which the cases compare endpoints: targets regardless of order and case, three labels, properties as a set. */
function shown(one: Endpoint): string {
  const { owner = "", resource = "", ownedRecord = "" } = one.labels;
  const properties = one.providerSpecific.map(({ name, value }) => `${name}=${value}`).sort();
  const targets = one.targets.map((target) => target.toLowerCase()).sort();
  return JSON.stringify([
    one.dnsName,
    one.recordType,
    one.setIdentifier,
    targets,
    one.recordTTL,
    owner,
    resource,
    ownedRecord,
    properties,
  ]);
}

function list(wires: readonly Wire[] | undefined): string[] {
  return (wires ?? []).map((wire) => shown(endpoint(wire))).sort();
}

function shownChanges(changes: EndpointChanges | WireChanges): Record<string, string[]> {
  return {
    create: list(changes.create),
    updateOld: list(changes.updateOld),
    updateNew: list(changes.updateNew),
    delete: list(changes.delete),
  };
}

function filterOf(wire: WireFilter | undefined): DomainFilter {
  if (wire === undefined) return EVERY_NAME;
  const expression = (text: string | undefined): RegExp | null =>
    text === undefined || text === "" ? null : new RegExp(text);
  return {
    include: wire.include ?? [],
    exclude: wire.exclude ?? [],
    includeExpression: expression(wire.regexInclude),
    excludeExpression: expression(wire.regexExclude),
  };
}

function registryOf(config: RegistryConfig): CompatRegistry {
  return {
    format: {
      prefix: config.prefix ?? "",
      suffix: config.suffix ?? "",
      wildcardReplacement: config.wildcardReplacement ?? "",
    },
    ownerId: config.ownerId,
    oldOwnerId: config.oldOwnerId ?? "",
    managedTypes: config.managedRecordTypes ?? [],
    excludedTypes: [],
  };
}

function changesOf(wire: WireChanges): EndpointChanges {
  return {
    create: (wire.create ?? []).map(endpoint),
    updateOld: (wire.updateOld ?? []).map(endpoint),
    updateNew: (wire.updateNew ?? []).map(endpoint),
    delete: (wire.delete ?? []).map(endpoint),
  };
}

function planInput(wire: PlanWire): CompatPlanInput {
  return {
    current: wire.current.map(endpoint),
    desired: wire.desired.map(endpoint),
    managedTypes: wire.managedRecordTypes,
    excludedTypes: wire.excludeRecordTypes,
    policy: wire.policy,
    ownerId: wire.ownerId,
    oldOwnerId: wire.oldOwnerId,
    filter: filterOf(wire.domainFilter),
  };
}

describe("dns_plan.json: the planner", () => {
  it.each(cases.plan)("$id", (one) => {
    const changes = planCompat(planInput(one.input));
    expect(shownChanges(changes)).toEqual(shownChanges(one.expect));
    expect(hasChanges(changes)).toBe(one.expectHasChanges);
  });

  it.each(cases.conflict)("$id", ({ input, expect: expected }) => {
    const candidates = input.candidates.map(endpoint);
    const winner =
      input.current === undefined ? smallest(candidates) : winningCandidate(endpoint(input.current), candidates);
    expect(shown(winner)).toBe(shown(endpoint(expected.winner)));
  });

  it.each(cases.conflictTypes)("$id", ({ input, expect: expected }) => {
    const cells = effectiveCells(input.current.map(endpoint), input.candidates.map(endpoint));
    const found = Object.fromEntries(
      [...cells].map(([type, cell]) => [
        type,
        { current: cell.current === null ? null : shown(cell.current), candidates: list(cell.candidates) },
      ]),
    );
    const wanted = Object.fromEntries(
      Object.entries(expected.effectiveByType).map(([type, cell]) => [
        type,
        { current: cell.current === null ? null : shown(endpoint(cell.current)), candidates: list(cell.candidates) },
      ]),
    );
    expect(found).toEqual(wanted);
  });

  // The policy acts inside the planner: the changes of the case are what it plans from these two states.
  it.each(cases.policy)("$id", ({ input, expect: expected }) => {
    const typed = (wires: Wire[] | undefined): Wire[] =>
      (wires ?? []).map((wire) => ({ ...wire, recordType: "CNAME" }));
    const { create, updateOld, updateNew, delete: removed } = input.changes;
    const changes = planCompat({
      current: [...typed(updateOld), ...typed(removed)].map(endpoint),
      desired: [...typed(create), ...typed(updateNew)].map(endpoint),
      managedTypes: ["CNAME"],
      excludedTypes: [],
      policy: input.policy,
      ownerId: "",
      oldOwnerId: "",
      filter: EVERY_NAME,
    });
    const wanted = Object.fromEntries(Object.entries(expected).map(([action, wires]) => [action, typed(wires)]));
    expect(shownChanges(changes)).toEqual(shownChanges(wanted));
  });

  it.each(cases.providerSpecific)("$id", ({ input, expect: expected }) => {
    expect(propertiesDiffer(input.current, input.desired)).toBe(expected.changed);
  });

  it.each(cases.targets)("$id", ({ op, a, b, expect: expected }) => {
    expect(["same", "isLess"]).toContain(op);
    expect(op === "same" ? sameTargets(a, b) : compareTargets(a, b) < 0).toBe(expected);
  });
});

describe("dns_plan.json: names, filters, zones", () => {
  it.each(cases.nameNormalisation)("$id", ({ input, expect: expected }) => {
    expect(normaliseName(input)).toBe(expected);
  });

  it.each(cases.domainFilter)("$id", ({ input, expect: expected }) => {
    const filter = filterOf(input);
    for (const domain of input.domains) {
      if (expected.matchEach !== undefined) expect(passesFilter(filter, domain)).toBe(expected.matchEach);
      if (expected.matchParentEach !== undefined)
        expect(isParentOfFilter(filter, domain)).toBe(expected.matchParentEach);
    }
    expect(expected.matchEach ?? expected.matchParentEach).toBeTypeOf("boolean");
  });

  it.each(cases.zoneSelection)("$id", ({ input, expect: expected }) => {
    const name = (text: string): string => {
      const read = dnsName(text);
      return read.ok ? read.name : read.reason;
    };
    const zones = input.zones.map((zone) => ({
      id: zone.id,
      name: name(zone.name),
      visibility: zone.private ? ("private" as const) : ("public" as const),
    }));
    const found = suitableZones(name(input.hostname), zones).map((zone) => zone.id);
    expect(found.sort()).toEqual([...expected.zoneIds].sort());
  });

  it.each(cases.batching)("$id", ({ input, expect: expected }) => {
    const groups = Number(/^\d+/.exec(input.changes)?.[0]);
    const action = input.changes.includes("UPSERT") ? ("UPSERT" as const) : ("CREATE" as const);
    const items = Array.from({ length: groups }, (_, index) => `host-${2 * index + 1}`).flatMap((name) =>
      (["A", "TXT"] as const).map((type) => ({
        action,
        name,
        type,
        group: name,
        bytes: input.bytesPerChange[type],
        values: input.valuesPerChange,
      })),
    );
    const { batches, oversize } = batchesOf(items, input.limits);
    expect(batches.map((batch) => batch.length)).toEqual(expected.batchSizes);
    expect(oversize).toEqual([]);
  });
});

describe("dns_plan.json: the TXT registry", () => {
  it.each(cases.txtName)("$id", ({ op, input, expect: expected }) => {
    const { prefix, suffix, wildcardReplacement = "" } = input;
    const format = { prefix, suffix, wildcardReplacement };
    if (op === "recordToTxtName") {
      expect(txtNameOf(format, input.recordName ?? "", input.recordType ?? "")).toBe(expected.txtName);
    } else expect(subjectOfTxt(format, input.txtName ?? "")).toMatchObject(expected);
  });

  it.each(cases.txtLabels)("$id", async ({ op, input, expect: expected }) => {
    if (op === "serialize") expect(labelText(input.labels ?? {}, input.quotes === true)).toBe(expected.text);
    else {
      const text = input.text ?? "";
      const opened = input.aesKey === undefined ? null : await decryptText(text, await registryKey(input.aesKey));
      expect(parseLabels(opened?.text ?? text)).toEqual(expected.labels);
    }
  });

  it.each(cases.registryConfig)("$id", ({ config, expect: expected }) => {
    const encryption = { enabled: config.encrypt === true, key: config.aesKey ?? null };
    const problem = registryProblem(registryOf(config).format, config.ownerId, encryption);
    expect(problem !== null).toBe(expected.error);
  });

  it.each(cases.registryRecords)("$id", ({ config, zoneContents, expectRecords }) => {
    const { records } = ownedRecords(registryOf(config), zoneContents.map(endpoint));
    expect(list(records)).toEqual(list(expectRecords));
  });

  it.each(cases.registryApply)("$id", ({ config, input, expectSentToProvider }) => {
    const sent = changesWithTxts(registryOf(config), changesOf(input), new Map());
    expect(shownChanges(sent)).toEqual(shownChanges(expectSentToProvider));
  });

  it.each(cases.registryGenerate)("$id", ({ config, input, expectTxt }) => {
    expect(list(txtsOf(registryOf(config), endpoint(input)))).toEqual(list(expectTxt));
  });
});

describe("dns_plan.json: loops over one zone", () => {
  const loops = cases.registryLoops.filter((one) => one.steps === undefined);
  const variants = loops.flatMap((loop) =>
    (["sync", "upsert-only", "create-only"] as const).flatMap((policy) =>
      ["", "set-identifier"].map((setIdentifier) => ({ ...loop, policy, setIdentifier })),
    ),
  );

  it.each(variants)("$id, $policy, set identifier '$setIdentifier'", (one) => {
    const mark = (wires: Wire[] | undefined): Wire[] =>
      (wires ?? []).map((wire) => ({ ...wire, setIdentifier: one.setIdentifier }));
    const first = loop(one.config, mark(one.zoneContents).map(endpoint), mark(one.desired).map(endpoint), one.policy);
    const bare = (changes: WireChanges): WireChanges =>
      Object.fromEntries(
        Object.entries(changes).map(([action, wires]) => [
          action,
          mark(wires).map((wire) => ({ ...wire, labels: {} })),
        ]),
      );
    expect(shownChanges(bare(first.sent as WireChanges))).toEqual(shownChanges(bare(one.expectFirstLoop ?? {})));
    let zone = first.zone;
    for (let round = 2; round <= 3; round += 1) {
      const next = loop(one.config, zone, mark(one.desired).map(endpoint), one.policy);
      expect(shownChanges(next.sent)).toEqual(shownChanges({}));
      zone = next.zone;
    }
  });

  it("registry-loop/recreate-after-deletion", () => {
    const found = cases.registryLoops.find((one) => one.id === "registry-loop/recreate-after-deletion");
    const steps = (found?.steps ?? []) as {
      zone?: string[];
      desired: string[];
      expect: string;
      externalAction?: string;
    }[];
    expect(steps.length).toBe(2);
    let zone: readonly Endpoint[] = [];
    for (const step of steps) {
      if (step.zone !== undefined) zone = step.zone.map(parsed);
      if (step.externalAction !== undefined) zone = [];
      const config = found?.config ?? { ownerId: "" };
      const next = loop(config, zone, step.desired.map(parsed), "sync");
      const wanted = step.expect === "no changes" ? [] : (steps[0]?.zone ?? []).map((text) => parsed(text));
      const plain = (list: readonly Endpoint[]): string[] =>
        list.map((one) => `${one.recordType} ${one.dnsName} ${one.targets[0]}`).sort();
      expect(plain(next.sent.create)).toEqual(plain(wanted));
      expect(next.sent.delete).toEqual([]);
      zone = next.zone;
    }
  });
});

function parsed(text: string): Endpoint {
  const [recordType = "", dnsName = "", ...target] = text.split(" ");
  return endpoint({ recordType, dnsName, targets: [target.join(" ")] });
}

/** One round of external-dns: list, plan, write. */
function loop(
  config: RegistryConfig,
  zone: readonly Endpoint[],
  desired: readonly Endpoint[],
  policy: Policy,
): { sent: EndpointChanges; zone: readonly Endpoint[] } {
  const registry = registryOf(config);
  const owned = ownedRecords(registry, zone);
  const changes = planCompat({
    current: owned.records,
    desired,
    managedTypes: registry.managedTypes,
    excludedTypes: [],
    policy,
    ownerId: registry.ownerId,
    oldOwnerId: registry.oldOwnerId,
    filter: EVERY_NAME,
  });
  const sent = changesWithTxts(registry, changes, owned.txts);
  const key = (one: Endpoint): string => `${one.dnsName} ${one.recordType} ${one.setIdentifier}`;
  const gone = new Set([...sent.delete, ...sent.updateOld].map(key));
  const kept = zone.filter((one) => !gone.has(key(one)));
  const added = [...sent.create, ...sent.updateNew].map((one) => ({ ...one, labels: {} }));
  return { sent, zone: [...kept, ...added] };
}
