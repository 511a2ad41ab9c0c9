import * as z from "zod";
import type { LoadBalancerAddress } from "../../core/objects.ts";
import { fields } from "./fields.ts";

/** `status` of an Ingress or a Service as far as it says where the load balancer is. */
export interface LoadBalancerStatus {
  readonly addresses: readonly LoadBalancerAddress[];
}

/**
 * Status with `loadBalancer.ingress`. The addresses are taken as text: whether bytes may go there is for the caller
 * to judge, since it depends on the cluster. An entry with both kinds of address counts as its IP.
 */
export function loadBalancerStatus(strict: boolean): z.ZodType<LoadBalancerStatus> {
  const entry = fields(strict, { ip: z.string().nullish(), hostname: z.string().nullish() }, "ipMode ports");
  const balancer = fields(strict, { ingress: z.array(entry).nullish() });
  return fields(strict, { loadBalancer: balancer.nullish() }, "conditions").transform((status) => ({
    addresses: (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }): LoadBalancerAddress[] => {
      if (ip) return [{ ip, hostname: null }];
      return hostname ? [{ ip: null, hostname }] : [];
    }),
  }));
}
