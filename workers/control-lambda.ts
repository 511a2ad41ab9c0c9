/**
 * The control function on AWS Lambda, run by a schedule of EventBridge: `portolan sync` with `config/` of the zip,
 * one run at a time, and never into the function's time-out. Wiring only.
 */
import { join } from "node:path";
import { type Leased, withLease } from "../src/control/lease.ts";
import { openSetup } from "./control-setup.ts";
import { syncOnce } from "./sync.ts";

/** What EventBridge sends on a schedule, as far as it matters here. */
export interface ScheduledEvent {
  readonly source?: string;
  readonly "detail-type"?: string;
}

export interface LambdaContext {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export type ControlRun =
  | { readonly outcome: Awaited<ReturnType<typeof syncOnce>> }
  /** Another run holds the lease. */
  | { readonly outcome: "leased"; readonly by: string }
  /** The time was up between two steps; the next run goes on. */
  | { readonly outcome: "out-of-time" };

const LEASE = "lease/control";
/** No step begins with less than this left: a step that has begun is finished. */
const MARGIN_MS = 20_000;

/** Rejects for another event, and where `portolan sync` fails: Lambda then counts an error. */
export async function handler(event: ScheduledEvent, context: LambdaContext): Promise<ControlRun> {
  if (event.source !== "aws.events" || event["detail-type"] !== "Scheduled Event") {
    throw new RangeError(
      `Cannot serve an event of "${event.source}" ("${event["detail-type"]}"): invoke the function by a schedule of EventBridge`,
    );
  }
  const file = join(process.env["LAMBDA_TASK_ROOT"] ?? ".", "config/portolan.yaml");
  const { store } = await openSetup(file);
  const budgetMs = context.getRemainingTimeInMillis() - MARGIN_MS;
  if (budgetMs <= 0) return { outcome: "out-of-time" };
  const options = { key: LEASE, holder: context.awsRequestId, forMs: budgetMs + MARGIN_MS, now: Date.now };
  return answerOf(await withLease(store, options, () => within(budgetMs, file)));
}

async function within(budgetMs: number, file: string): Promise<ControlRun> {
  const signal = AbortSignal.timeout(budgetMs);
  const out = (text: string): void => console.log(text.trimEnd());
  try {
    return { outcome: await syncOnce({ file }, { out, err: out }, signal) };
  } catch (error) {
    if (error === signal.reason) return { outcome: "out-of-time" };
    throw error;
  }
}

function answerOf(leased: Leased<ControlRun>): ControlRun {
  return leased.held ? leased.result : { outcome: "leased", by: leased.by };
}
