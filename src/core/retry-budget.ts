/**
 * How many retries an edge may send: a share of what it was asked in the last ten seconds, so that one backend that dies
 * costs nobody an answer, and a world that fails gets a fifth more and not three times as much (ADR 0012).
 */

/**
 * Of the requests of the window; and so many in any case, three a second, or an edge that is seldom asked would give
 * errors while a cluster that works is there. From 15 requests/s on the percentage is what counts.
 */
export const RETRY_BUDGET = { percent: 20, min: 30, windowSeconds: 10 } as const;

/** Counts of the last seconds, one slot each; the functions below are the only writers. */
export interface RetryBudget {
  second: number;
  requests: number;
  retries: number;
  readonly slots: { requests: number; retries: number }[];
}

/** A budget of an edge that has seen nothing. */
export function newRetryBudget(): RetryBudget {
  const slots = Array.from({ length: RETRY_BUDGET.windowSeconds }, () => ({ requests: 0, retries: 0 }));
  return { second: 0, requests: 0, retries: 0, slots };
}

/** A request came. */
export function countRequest(budget: RetryBudget, nowMs: number): void {
  const slot = slotAt(budget, nowMs);
  slot.requests += 1;
  budget.requests += 1;
}

/** A retry is sent; one of which it is proven that nothing was sent before is no retry. */
export function countRetry(budget: RetryBudget, nowMs: number): void {
  const slot = slotAt(budget, nowMs);
  slot.retries += 1;
  budget.retries += 1;
}

/** Whether one more retry fits. */
export function retryBudgetLeft(budget: RetryBudget, nowMs: number): boolean {
  slotAt(budget, nowMs);
  return budget.retries < allowed(budget);
}

/** Whether more than half of the budget is in use. */
export function isRetryStorm(budget: RetryBudget, nowMs: number): boolean {
  slotAt(budget, nowMs);
  return budget.retries * 2 > allowed(budget);
}

function allowed({ requests }: RetryBudget): number {
  return Math.max(RETRY_BUDGET.min, Math.floor((requests * RETRY_BUDGET.percent) / 100));
}

/** The slot of now, with those emptied that time has passed since. A clock that was set back stays in its slot. */
function slotAt(budget: RetryBudget, nowMs: number): { requests: number; retries: number } {
  const second = Math.floor(nowMs / 1000);
  const { slots } = budget;
  for (let passed = Math.min(slots.length, second - budget.second); passed > 0; passed -= 1) {
    const slot = slots[(second - passed + 1) % slots.length];
    if (slot === undefined) continue;
    budget.requests -= slot.requests;
    budget.retries -= slot.retries;
    slot.requests = 0;
    slot.retries = 0;
  }
  budget.second = Math.max(budget.second, second);
  return slots[budget.second % slots.length] ?? { requests: 0, retries: 0 };
}
