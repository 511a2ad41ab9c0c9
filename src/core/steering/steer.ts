import type { Candidate, SteeringPolicy } from "../model.ts";
import { orderNearest } from "./nearest.ts";

/**
 * Orders the available candidates of a host by its steering policy. Every policy is a function of this shape in a
 * file of its own: it gets candidates that may all be used, returns the same ones in the order in which they are to
 * be tried, and is deterministic. `clientKey` is the same for all requests of a known client.
 */
export function steer(candidates: readonly Candidate[], policy: SteeringPolicy, clientKey: string): Candidate[] {
  switch (policy.type) {
    case "nearest":
      return orderNearest(candidates, policy, clientKey);
    default:
      return policy.type satisfies never;
  }
}
