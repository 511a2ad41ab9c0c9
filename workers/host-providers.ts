/** Host providers as the settings of the edges name them. */
import type { DnsSettings } from "../src/core/dns/settings.ts";
import type { HostedEdge } from "../src/control/host-follow.ts";
import { cloudflareHosts } from "../src/hosts/cloudflare.ts";
import { PATIENCE, type Time } from "../src/dns/pace.ts";
import { secretOf } from "./dns-providers.ts";

/** The loop comes again: one host's trouble must not hold up the others for minutes. */
const PATIENCE_OF_A_LOOP = { ...PATIENCE, totalMs: 15_000 };

/** In the order of the settings. Fails when a token is not where the settings say. */
export async function hostedEdges({ hosts }: DnsSettings, time: Time): Promise<readonly HostedEdge[]> {
  return await Promise.all(
    hosts.map(async ({ edge, target, declared, attach }): Promise<HostedEdge> => {
      if (attach === null) return { edge, declared, provider: null };
      const { zoneId, url } = attach;
      const token = await secretOf(attach.token);
      const at = url === null ? {} : { baseUrl: url };
      const provider = cloudflareHosts({ token, zoneId, target, time, patience: PATIENCE_OF_A_LOOP, ...at });
      return { edge, declared, provider };
    }),
  );
}
