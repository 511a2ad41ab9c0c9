/** `portolan dns`: manifests and zones read once, in one process, without a daemon. */
import { hostname } from "node:os";
import { stat } from "node:fs/promises";
import { causeOf } from "../src/core/cause.ts";
import { compile } from "../src/core/compile/compile.ts";
import { explanation, rememberAsked } from "../src/core/dns/asked.ts";
import type { DesiredDns } from "../src/core/dns/desired.ts";
import { recordKey } from "../src/core/dns/records.ts";
import { ownersOf, whoOwns } from "../src/core/dns/who.ts";
import { isWithin } from "../src/core/dns/names.ts";
import { listCounts, packCounts } from "../src/core/snapshot/backend-counts.ts";
import type { DnsSession, DnsSessionOptions } from "../src/cli/dns-session.ts";
import { Failure } from "../src/cli/failure.ts";
import { problemText } from "../src/cli/problem-text.ts";
import { desiredNow, type DnsWorld } from "../src/control/dns.ts";
import { historyOf } from "../src/control/dns-history.ts";
import { adopt, readAdopted, readAskedMemory, writeAskedMemory } from "../src/control/dns-memory.ts";
import { hostNames } from "../src/control/dns-names.ts";
import { declaredHosts } from "../src/control/hosts.ts";
import { applyOneZone, findZone, planOneZone, type PlannedZone, type ZoneAccess } from "../src/control/dns-zone.ts";
import { PATIENCE } from "../src/dns/pace.ts";
import { fileStore } from "../src/store/file.ts";
import { sha256Hex } from "../src/store/signature.ts";
import type { Observation } from "../src/core/objects.ts";
import { zoneAccess } from "./dns-providers.ts";
import { dnsStateFolder, loadDnsSettings, lookUp } from "./dns-settings.ts";
import { loadTree } from "./manifests.ts";

const HURRY = { ...PATIENCE, totalMs: 10_000 };

/** Opens zones and manifests; fails on the first thing that makes everything else pointless. */
export async function openDnsSession(options: DnsSessionOptions): Promise<DnsSession> {
  const settings = await loadDnsSettings(options.config);
  const all = await zoneAccess(settings.zones, options.isPatient ? {} : { patience: HURRY });
  const chosen = all.filter((one) => options.zone === null || one.settings.name === options.zone);
  if (chosen.length === 0) {
    const known = settings.zones.map((one) => one.name).join(", ");
    throw new Failure(
      `Cannot find the zone "${options.zone}" in ${options.config}: it has ${known}`,
      `--zone ${known}`,
    );
  }
  const world = options.from === null ? null : await worldOf(options.from, options);
  const store = fileStore(options.state ?? dnsStateFolder(options.config));
  const now = Date.now;
  const hosts = declaredHosts(settings.hosts);
  const deps = { settings, zones: all, names: hostNames(lookUp, now), now, hosts };
  const desired: DesiredDns | null = world === null ? null : await desiredNow(world, deps);
  const wishOf = (access: ZoneAccess) => desired?.zones[all.indexOf(access)] ?? { sets: [], keep: [] };
  const about = ({ settings: { name, visibility }, provider }: ZoneAccess) => ({
    zone: name,
    visibility,
    provider: provider.name,
  });

  /** Plans each zone; an error of one is that zone's own. */
  async function planned(approved: readonly string[]) {
    if (world === null) throw new Failure("Cannot plan without manifests", "--from DIR");
    const asked = { ...world, isJudged: false, nowMs: now() };
    const memory = rememberAsked(await readAskedMemory(store), asked);
    const isExplained = explanation(memory, asked, settings.federation);
    const rest = { isExplained, approved, adopt: new Set(await readAdopted(store)), digest: sha256Hex, now };
    const plans = await Promise.all(
      chosen.map(async (access) => {
        const attempt = planOneZone(access, wishOf(access), { ...rest, ttlSeconds: settings.ttlSeconds });
        return { access, ...(await settled(attempt)) };
      }),
    );
    return { memory, plans };
  }
  const reportOf = (access: ZoneAccess, value: PlannedZone | null, error: string | null) => ({
    ...about(access),
    error,
    plan: value?.plan ?? null,
    approval: value?.approval ?? null,
    losses: desired?.losses ?? [],
  });

  return {
    async plan() {
      const { plans } = await planned([]);
      return plans.map(({ access, value, error }) => reportOf(access, value, error));
    },
    async apply(approved) {
      const { memory, plans } = await planned(approved);
      await writeAskedMemory(store, memory);
      const writer = `cli-${hostname()}-${process.pid}`;
      return await Promise.all(
        plans.map(async ({ access, value, error }) => {
          const nothing = { status: null, by: null, outcomes: [] };
          if (value === null) return { ...reportOf(access, value, error), ...nothing };
          const done = await settled(applyOneZone(access, value, { store, writer, now }));
          if (done.value === null) return { ...reportOf(access, value, done.error), ...nothing };
          const outcomes = done.value.outcomes.map(({ outcome }) => ({
            status: outcome.status,
            message: outcome.status === "applied" ? null : outcome.message,
          }));
          return { ...reportOf(access, value, null), status: done.value.status, by: done.value.by, outcomes };
        }),
      );
    },
    async list() {
      return await Promise.all(
        chosen.map(async (access) => {
          const { value, error } = await settled(listZone(access));
          const owners = ownersOf(value ?? [], access.settings);
          const sets = (value ?? []).map((set) => ({ set, owners: owners.get(recordKey(set)) ?? [] }));
          return { ...about(access), error, sets };
        }),
      );
    },
    adopt: (name) => adopt(store, name),
    async who(name) {
      const holding = chosen.filter(({ settings: { name: zone } }) => isWithin(name, zone));
      if (holding.length === 0) {
        throw new Failure(`Cannot say whose "${name}" is: no zone of ${options.config} holds it`, "portolan dns list");
      }
      return await Promise.all(
        holding.map(async (access) => {
          const zone = await settled(findZone(access));
          if (zone.value === null) return { ...about(access), error: zone.error, report: null, history: [] };
          const { value, error } = await settled(access.provider.list(zone.value));
          const report = value === null ? null : whoOwns(name, value, wishOf(access).sets, access.settings);
          const history = await historyOf(name, { store, provider: access.provider.name, zone: zone.value });
          return { ...about(access), error, report, history };
        }),
      );
    },
  };
}

async function listZone(access: ZoneAccess) {
  return await access.provider.list(await findZone(access));
}

async function settled<T>(work: Promise<T>): Promise<{ readonly value: T | null; readonly error: string | null }> {
  try {
    return { value: await work, error: null };
  } catch (error) {
    return { value: null, error: causeOf(error) };
  }
}

/** The manifests as control would see them at its start, with the named clusters' endpoints taken as not ready. */
async function worldOf(from: string, { allowPrivateOrigins, down }: DnsSessionOptions): Promise<DnsWorld> {
  await stat(from).catch((cause: unknown) => {
    throw new Failure(`Cannot read ${from}: ${causeOf(cause)}`, `ls -l ${from}`);
  });
  const tree = await loadTree(from);
  const errors = [tree.config, ...tree.clusters]
    .flatMap((one) => one.problems)
    .filter((one) => one.severity === "error");
  if (errors.length > 0) throw new Failure(errors.map(problemText).join("\n"), `portolan validate -f ${from}`);
  const nowMs = Date.now();
  const { snapshot, counts: all } = compile({ ...tree, previous: null, allowPrivateOrigins, nowMs });
  const unknown = down.find((name) => !snapshot.clusters.some((one) => one.name === name));
  if (unknown !== undefined) {
    const known = snapshot.clusters.map((one) => one.name);
    throw new Failure(
      `Cannot take "${unknown}" down: there are only ${known.join(", ") || "no clusters"}`,
      "--down CLUSTER",
    );
  }
  const counts = listCounts(all).map((one) => (down.includes(one.cluster) ? { ...one, ready: 0 } : one));
  const health = {
    observedAtMs: nowMs,
    validForMs: 3_600_000,
    clusters: [],
    backends: packCounts(counts),
    origins: [],
    verdicts: [],
    roundTrips: [],
    offered: [],
    events: [],
  };
  const clusters = tree.clusters.map((one) => (down.includes(one.cluster ?? "") ? withoutReady(one) : one));
  return { snapshot, health, config: tree.config, clusters };
}

function withoutReady(observation: Observation): Observation {
  const endpointSlices = observation.objects.endpointSlices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((endpoint) => ({ ...endpoint, ready: false })),
  }));
  return { ...observation, objects: { ...observation.objects, endpointSlices } };
}
