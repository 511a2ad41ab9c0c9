/** One zone, once: find it, read it, plan, and carry out what need not wait for a person. */
import type { DesiredZone } from "../core/dns/desired.ts";
import { planManagedZone } from "../core/dns/plan-managed.ts";
import type { PlanInput } from "../core/dns/plan-input.ts";
import type { DnsPlan, RecordSet, Zone } from "../core/dns/records.ts";
import type { ZoneSettings } from "../core/dns/settings.ts";
import type { DnsProvider } from "../dns/provider.ts";
import type { Store } from "../store/store.ts";
import { applyDnsPlan, type DnsApplyReport } from "./dns-apply.ts";

/** A zone of the settings with the provider that reaches it; zones of one account share one. */
export interface ZoneAccess {
  readonly settings: ZoneSettings;
  readonly provider: DnsProvider;
}

export interface PlanZoneDeps {
  readonly ttlSeconds: number;
  readonly adopt: ReadonlySet<string>;
  readonly isExplained: PlanInput["isExplained"];
  /** Hashes that people have approved. */
  readonly approved: readonly string[];
  readonly digest: (text: string) => Promise<string>;
  readonly now: () => number;
}

export interface PlannedZone {
  readonly zone: Zone;
  readonly current: readonly RecordSet[];
  readonly plan: DnsPlan;
  /** Hash of what is held; null when nothing is. */
  readonly approval: string | null;
  /** Approval that this plan made use of; null when it needed none. */
  readonly approvedBy: string | null;
}

/** The zone of the provider that the settings mean. Rejects when there is none, or more than one. */
export async function findZone({ settings, provider }: ZoneAccess): Promise<Zone> {
  const { name, visibility, id } = settings;
  const what = `Cannot find the ${visibility} zone "${name}" at ${provider.name}`;
  const all = await provider.zones();
  const named = all.filter((one) => one.name === name && one.visibility === visibility);
  const found = id === null ? named : named.filter((one) => one.id === id);
  const [zone, another] = found;
  if (zone === undefined) {
    const others = all.map((one) => `${one.name} (${one.visibility}, ${one.id})`).slice(0, 10);
    throw new Error(`${what}${id === null ? "" : ` with the id "${id}"`}: it has ${others.join(", ") || "none"}`);
  }
  if (another === undefined) return zone;
  throw new Error(
    `${what}: there are ${found.length}, so say which by its id: ${found.map((one) => one.id).join(", ")}`,
  );
}

/** Reads and plans; writes nothing. Rejects when the zone cannot be found or read completely. */
export async function planOneZone(
  access: ZoneAccess,
  desired: Pick<DesiredZone, "sets" | "keep">,
  deps: PlanZoneDeps,
): Promise<PlannedZone> {
  const zone = await findZone(access);
  const { settings, provider } = access;
  const current = await provider.list(zone);
  const { capabilities } = provider;
  const { ttlSeconds, adopt, isExplained } = deps;
  const nowSeconds = Math.floor(deps.now() / 1000);
  const input = { settings, zone, capabilities, current, desired, ttlSeconds, adopt, isExplained, nowSeconds };
  const plan = planManagedZone({ ...input, isApproved: () => false });
  if (plan.removal === "") return { zone, current, plan, approval: null, approvedBy: null };
  const approval = await deps.digest(plan.removal);
  if (!deps.approved.includes(approval)) return { zone, current, plan, approval, approvedBy: null };
  const passed = planManagedZone({ ...input, isApproved: (removal) => removal === plan.removal });
  return { zone, current, plan: passed, approval: null, approvedBy: approval };
}

export interface ApplyZoneDeps {
  readonly store: Store;
  readonly writer: string;
  readonly now: () => number;
}

const EXACT_LEASE_MS = 30_000;
const UNFENCED_LEASE_MS = 600_000;

/** Carries out a plan, journalled. */
export async function applyOneZone(
  { provider }: ZoneAccess,
  { plan }: PlannedZone,
  deps: ApplyZoneDeps,
): Promise<DnsApplyReport> {
  // A dead writer is respected only as long as it takes to be sure, where the far side itself fences.
  const leaseMs = provider.capabilities.fence === "exact" ? EXACT_LEASE_MS : UNFENCED_LEASE_MS;
  return await applyDnsPlan(plan, { provider, leaseMs, ...deps });
}
