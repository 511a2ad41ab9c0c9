/** Health of a host as k8gb counts it: by the Services that its rules name, and their ready endpoints. */

/** `NotFound` is a host none of whose Services exist. */
export type HostHealth = "Healthy" | "Unhealthy" | "NotFound";

/** One Service of a host; null for one that does not exist. */
export type ReadySlices = readonly { readonly ready: number }[] | null;

/** A Service is healthy with one ready endpoint in any of its slices. */
export function serviceHealth(slices: ReadySlices): HostHealth {
  if (slices === null) return "NotFound";
  return slices.some((slice) => slice.ready > 0) ? "Healthy" : "Unhealthy";
}

/** `Any`: one healthy Service is enough. `All`: every Service has to be there and healthy. */
export function hostHealth(policy: "Any" | "All", services: readonly HostHealth[]): HostHealth {
  if (services.every((one) => one === "NotFound")) return "NotFound";
  const isHealthy = (one: HostHealth): boolean => one === "Healthy";
  return (policy === "All" ? services.every(isHealthy) : services.some(isHealthy)) ? "Healthy" : "Unhealthy";
}
