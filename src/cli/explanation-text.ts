import type { Explanation, WhatIf } from "../core/explain.ts";
import type { RequestFacts } from "../core/decision.ts";

/** An explanation for people: whose place counted, which rule won, where it goes, and why not elsewhere. */
export function explanationText(request: RequestFacts, explanation: Explanation, changes: readonly WhatIf[]): string {
  const lines = [`${request.method} ${request.host}${request.target}`, ""];
  lines.push(...routeLines(explanation), clientLine(explanation), placeLine(explanation));
  lines.push(...explanation.steps.map(({ step, text }) => `${step.padEnd(11)}${text}`), "");
  if (explanation.action === "forward") lines.push(...candidateLines(explanation));
  else
    lines.push(
      `answer     ${explanation.status} ${explanation.code ?? ""}: ${explanation.reason ?? explanation.action}`,
    );
  for (const one of explanation.excluded) lines.push(`  -  ${one.cluster.padEnd(16)} ${one.reason}`);
  if (changes.length > 0) lines.push("", ...changes.map((one) => `if ${one.change}: ${one.result}`));
  return lines.join("\n");
}

function routeLines({ route, forwardPath }: Explanation): string[] {
  if (route === null) return [];
  const kind = route.kind === "ingress" ? "Ingress" : "HTTPRoute";
  const rule = route.path === null ? "default backend" : `${route.path} (${route.pathType})`;
  return [
    `rule       ${kind} ${route.namespace}/${route.ingress}, ${route.host} ${rule} → Service ${route.service}:${route.port}`,
    `           ${route.why}`,
    ...(forwardPath === null ? [] : [`asks for   ${forwardPath}`]),
  ];
}

function clientLine({ client }: Explanation): string {
  const { location } = client;
  const names = [location.city, location.subdivision, location.country].filter((name) => name !== null);
  const spot = location.latitude === null ? [] : [`(${location.latitude}, ${location.longitude})`];
  const parts = names.length === 0 ? spot : [names.join(", "), ...spot];
  const where = parts.length === 0 ? "place unknown" : `${parts.join(" ")}, by ${client.source}`;
  return `client     ${client.address ?? "no address"}${client.class === "none" ? "" : ` (${client.class})`}: ${where}`;
}

function placeLine({ vantage }: Explanation): string {
  if (vantage.of === "edge")
    return `place      the edge's own (${vantage.point?.latitude}, ${vantage.point?.longitude}): the bytes leave from there`;
  if (vantage.of === "client") return "place      the client's: this edge does not know its own";
  return "place      nobody's: neither the edge nor the client is located, so no cluster is nearer than another";
}

function candidateLines({ candidates, panic }: Explanation): string[] {
  const lines = candidates.flatMap((one, index) => {
    const cost = one.costMs === null ? "cost unknown" : `${one.costMs.toFixed(1)} ms (${one.basis})`;
    const doubt = one.panic === null ? "" : `, although: ${one.panic}`;
    const verdict = index === 0 ? "chosen" : "next";
    const why = one.steps.filter(saysMore).map(({ step, text }) => `     ${step.padEnd(11)}${text}`);
    return [`  ${index + 1}  ${one.cluster.padEnd(16)} ${cost.padEnd(20)} ${verdict}${doubt}`, ...why];
  });
  if (panic)
    lines.unshift(
      "panic      less than half of the weight looks healthy: the checks are doubted, the healthy still come first",
    );
  return lines;
}

/** A cost without a bias is in the candidate's own line already. */
function saysMore({ step, text }: Explanation["candidates"][number]["steps"][number]): boolean {
  return step !== "cost" || text.includes("bias");
}
