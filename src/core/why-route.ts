/** Why a route won over all others, in words. */
import type { RouteRef } from "./decision.ts";

/** For people: which part of the host and which part of the path decided. */
export function whyRoute({ kind, host, pathType, method }: RouteRef): string {
  if (kind === "hop") return "the edge chose the backend and signed it";
  return `${whyHost(host)}; ${whyPath(pathType, method)}`;
}

function whyHost(host: string): string {
  if (host === "*") return "no other rule names the host, this one is for every host";
  return host.startsWith("*.") ? `no rule names the host itself, ${host} covers it` : "the host is named exactly";
}

function whyPath(pathType: string | null, method: string | null): string {
  if (pathType === null) return "no path matches, this is the default backend";
  if (pathType === "Exact") return "its path is equal, which wins over every prefix";
  return `its path is the longest prefix that matches${method === null ? "" : ` for ${method}`}`;
}
