import { parseCidr, cidrContains } from "../address/cidr.ts";
import { parseAddress } from "../address/ip.ts";
import type { Client, RespondDecision, RouteRef } from "../decision.ts";
import type { Maintenance } from "./policy.ts";

/** Whether the host answers for itself at this moment and for this client. */
export function isUnderMaintenance(maintenance: Maintenance, client: Client, nowMs: number): boolean {
  if (maintenance.fromMs !== null && nowMs < maintenance.fromMs) return false;
  if (maintenance.untilMs !== null && nowMs >= maintenance.untilMs) return false;
  if (maintenance.except.length === 0 || client.address === null) return true;
  const address = parseAddress(client.address);
  return !maintenance.except.some((text) => {
    const cidr = parseCidr(text);
    return cidr !== null && address !== null && cidrContains(cidr, address);
  });
}

/** The answer of a host under maintenance: no cache keeps it, and it says when to come back. */
export function maintenanceAnswer(maintenance: Maintenance, route: RouteRef): RespondDecision {
  const headers: [string, string][] = [
    ["content-type", maintenance.contentType],
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
  ];
  if (maintenance.retryAfterSeconds !== null) headers.push(["retry-after", String(maintenance.retryAfterSeconds)]);
  return { action: "respond", status: maintenance.status, headers, body: maintenance.body, route };
}
