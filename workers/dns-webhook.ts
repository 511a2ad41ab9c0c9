/** `portolan dns webhook`: an external-dns of somebody else's writes to our zones. Wiring only. */
import type { CliDeps, DnsWebhookOptions, Running } from "../src/cli/deps.ts";
import { Failure } from "../src/cli/failure.ts";
import { findZone } from "../src/control/dns-zone.ts";
import { causeOf } from "../src/core/cause.ts";
import { joinedZones } from "../src/dns/joined.ts";
import { providerBackend } from "../src/dns/webhook/backend.ts";
import { webhookServer } from "../src/dns/webhook/server.ts";
import { zoneAccess } from "./dns-providers.ts";
import { loadDnsSettings } from "./dns-settings.ts";
import { portFailure } from "./files-edge.ts";
import { startAll } from "./keep.ts";
import { startApi } from "./node-admin.ts";

/** Listens; fails when a zone of the settings cannot be found. */
export async function startDnsWebhook(
  { config, zone, listen }: DnsWebhookOptions,
  { err }: Pick<CliDeps, "err">,
): Promise<Running> {
  const settings = await loadDnsSettings(config);
  const chosen = settings.zones.filter(({ name }) => zone === null || name === zone);
  if (chosen.length === 0) {
    const known = settings.zones.map(({ name }) => name).join(", ");
    throw new Failure(`Cannot find the zone "${zone}" in ${config}: it has ${known}`, `--zone ${known}`);
  }
  const access = await zoneAccess(chosen);
  const zones = joinedZones(access.map((one) => ({ provider: one.provider, find: () => findZone(one) })));
  const onError = (error: unknown): void => err(`${causeOf(error)}\n`);
  const domains = (await zones.zones()).map(({ name }) => name);
  return await startAll(async (keep) => {
    const fetch = webhookServer(providerBackend(zones), { onError });
    const server = keep(
      await startApi(listen, { fetch }).catch((error: unknown) => portFailure(error, "--listen", listen)),
    );
    return { banner: [`webhook    ${server.url} for ${domains.join(", ")}`] };
  });
}
