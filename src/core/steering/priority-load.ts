/** Envoy's arithmetic of partly healthy priorities and localities, over-provisioned so that a few lost pods move nobody. */

/**
 * Share in percent that each priority takes, from its health in percent: what a priority cannot take goes to the next.
 * Whole numbers; the remainder of the rounding goes to the first that has any health.
 */
export function priorityLoad(healthPercent: readonly number[], overProvisioning: number): readonly number[] {
  const health = healthPercent.map((percent) => Math.min(100, Math.floor(percent * overProvisioning)));
  const total = Math.min(
    100,
    health.reduce((sum, one) => sum + one, 0),
  );
  if (total === 0) return health;
  let used = 0;
  const load = health.map((one) => {
    const share = Math.min(100 - used, Math.floor((one * 100) / total));
    used += share;
    return share;
  });
  const first = health.findIndex((one) => one > 0);
  return load.map((share, index) => (index === first ? share + 100 - used : share));
}

/** Weight of a locality or cluster of which a share (0…1) is ready: w · min(1, share · overProvisioning). */
export function effectiveWeight(weight: number, readyShare: number, overProvisioning: number): number {
  return weight * Math.min(1, readyShare * overProvisioning);
}
