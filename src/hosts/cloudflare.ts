/**
 * Custom hostnames of a Cloudflare zone ("Cloudflare for SaaS"): hosts of other zones that point at a name in ours. The
 * host is proved and its certificate validated by TXT records, so that both are there before DNS moves.
 */
import { causeOf } from "../core/cause.ts";
import { compareText } from "../core/match-route.ts";
import { integer, list as listOf, parse, record, text } from "../core/snapshot/guard.ts";
import { type HttpAnswer, type HttpRequest, requestOnce } from "../dns/http.ts";
import { type Attempt, PATIENCE, type Patience, patiently, realTime, type Time, tokenBucket } from "../dns/pace.ts";
import { type CustomHostname, readHostname, stateOf } from "./cloudflare-state.ts";
import type { HostOutcome, HostProvider } from "./host-provider.ts";

export interface CloudflareHostsOptions {
  /** May edit SSL and certificates of the zone. */
  readonly token: string;
  readonly zoneId: string;
  /** The name in the zone that the hosts point at; it leads to the Worker. */
  readonly target: string;
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
  readonly time?: Time;
  readonly patience?: Patience;
}

const PAGE = 50;
/** "Duplicate custom hostname found." */
const DUPLICATE = 1406;

export function cloudflareHosts(options: CloudflareHostsOptions): HostProvider {
  const { token, zoneId, target, baseUrl = "https://api.cloudflare.com/client/v4", timeoutMs = 30_000 } = options;
  const { time = realTime, patience = PATIENCE } = options;
  const bucket = tokenBucket({ burst: 300, perSecond: 3 }, time);
  const root = `${baseUrl}/zones/${zoneId}/custom_hostnames`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };

  const ask = (method: HttpRequest["method"], url: string, body: unknown): Promise<Attempt<HttpAnswer>> =>
    patiently(() => requestOnce({ method, url, headers, body, timeoutMs }, bucket), time, patience);

  async function all(query: string): Promise<readonly CustomHostname[]> {
    const found: CustomHostname[] = [];
    for (let page = 1; ; page += 1) {
      const answer = await ask("GET", `${root}?${query}page=${page}&per_page=${PAGE}`, null);
      if (!answer.done) throw new Error(answer.cause);
      const problem = problemOf(answer.value);
      if (problem !== null) throw new Error(problem.message);
      const read = record({ result: listOf(readHostname, PAGE), result_info: record({ total_pages: integer() }) });
      const parsed = parse(read, JSON.stringify(answer.value.body));
      if (!parsed.ok) throw new Error(`the answer is not what the API promises: ${parsed.problem}`);
      found.push(...parsed.value.result);
      if (page >= parsed.value.result_info.total_pages) return found;
    }
  }

  return {
    name: "cloudflare custom hostnames",
    target,
    async list() {
      try {
        const hosts = await all("");
        return hosts
          .map((one) => ({ host: one.hostname, state: stateOf(one) }))
          .sort((a, b) => compareText(a.host, b.host));
      } catch (cause) {
        throw new Error(`Cannot list the custom hostnames of zone ${zoneId}: ${causeOf(cause)}`, { cause });
      }
    },
    async attach(host) {
      const wildcard = host.startsWith("*.");
      const ssl = { method: "txt", type: "dv", wildcard, settings: { min_tls_version: "1.2" } };
      const answer = await ask("POST", root, { hostname: wildcard ? host.slice(2) : host, ssl });
      return outcomeOf(answer, (problem) => problem.code === DUPLICATE);
    },
    async detach(host) {
      try {
        // The filter finds names that contain this one too.
        const found = (await all(`hostname=${encodeURIComponent(host.replace(/^\*\./, ""))}&`)).filter(
          ({ hostname }) => hostname === host,
        );
        for (const { id } of found) {
          const outcome = outcomeOf(await ask("DELETE", `${root}/${id}`, null), (_, status) => status === 404);
          if (outcome.status !== "done") return outcome;
        }
        return { status: "done" };
      } catch (cause) {
        return { status: "failed", message: `Cannot detach "${host}": ${causeOf(cause)}` };
      }
    },
  };
}

interface Problem {
  readonly code: number;
  readonly message: string;
}

function problemOf({ status, body }: HttpAnswer): Problem | null {
  if (status >= 200 && status < 300) return null;
  const read = record({ errors: listOf(record({ code: integer(), message: text() }), 100) });
  const parsed = parse(read, JSON.stringify(body));
  const first = parsed.ok ? parsed.value.errors[0] : undefined;
  if (first === undefined) return { code: 0, message: `HTTP ${status}` };
  return { code: first.code, message: `HTTP ${status} ${first.code} ${first.message}` };
}

function outcomeOf(answer: Attempt<HttpAnswer>, isDone: (problem: Problem, status: number) => boolean): HostOutcome {
  if (!answer.done) return { status: "failed", message: answer.cause };
  const problem = problemOf(answer.value);
  if (problem === null || isDone(problem, answer.value.status)) return { status: "done" };
  return { status: "refused", message: problem.message };
}
