/** The decision in the answer's headers, for callers who know the debug token. */
import type { Candidate, Decision } from "../core/decision.ts";
import { whyRoute } from "../core/why-route.ts";
import type { RequestEvent } from "./event.ts";
import type { HeaderField } from "./message.ts";
import { type EdgeState, snapshotName } from "./state.ts";

/** Of an answer of this edge, as things stood when its request arrived. */
export function debugHeaders(event: RequestEvent, state: EdgeState): HeaderField[] {
  const { decision } = event;
  const fields: HeaderField[] = [
    ["server-timing", serverTiming(event)],
    ["portolan-decision", decision === null ? event.code : summary(decision)],
    ["portolan-snapshot", snapshotText(state, event.startedMs)],
  ];
  if (decision?.action === "forward") {
    fields.push(["portolan-candidates", decision.candidates.map(candidateText).join(", ")]);
  }
  if ((decision?.action === "forward" || decision?.action === "reject") && decision.excluded.length > 0) {
    const members = decision.excluded.map((one) => `${one.cluster};code=${one.code};reason=${quoted(one.reason)}`);
    fields.push(["portolan-excluded", members.join(", ")]);
  }
  return fields;
}

/** Which snapshot answers, and how many seconds ago it was published. */
function snapshotText(state: EdgeState, nowMs: number): string {
  const publishedAtMs = state.serving?.loaded.manifest.publishedAtMs ?? nowMs;
  return `${snapshotName(state)}; age=${Math.max(0, Math.floor((nowMs - publishedAtMs) / 1000))}`;
}

function serverTiming(event: RequestEvent): string {
  const last = event.tries.at(-1);
  const parts = [`geo;desc=${quoted(event.client?.location.country ?? "unknown")}`];
  if (last !== undefined) {
    parts.push(`decide;desc=${quoted(last.candidate.cluster)}`, `origin;dur=${last.durationMs.toFixed(1)}`);
  }
  return parts.join(", ");
}

function summary(decision: Decision): string {
  const route = decision.route === null ? "none" : `${decision.route.namespace}/${decision.route.name}`;
  switch (decision.action) {
    case "forward":
      return `forward; route=${quoted(route)}; why=${quoted(whyRoute(decision.route))}; panic=${decision.panic ? "?1" : "?0"}`;
    case "reject":
      return `reject; status=${decision.status}; code=${decision.code}; reason=${quoted(decision.reason)}`;
    case "redirect":
    case "respond":
      return `${decision.action}; status=${decision.status}; route=${quoted(route)}`;
    default:
      return decision satisfies never;
  }
}

function candidateText(candidate: Candidate): string {
  return `${candidate.cluster};cost=${(candidate.costUs / 1000).toFixed(1)};basis=${candidate.basis}`;
}

/** A quoted string of RFC 9110 §5.6.4; what a field must not carry becomes `?`. */
function quoted(text: string): string {
  let result = "";
  for (const character of text) {
    if (character === '"' || character === "\\") result += `\\${character}`;
    else result += character >= " " && character <= "~" ? character : "?";
  }
  return `"${result}"`;
}
