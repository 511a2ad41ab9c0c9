/** Behaves like Cloud DNS and Google's token server: changes are atomic, deletions exact, complaints counted. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIPv4, isIPv6, type AddressInfo } from "node:net";
import { importSPKI, jwtVerify } from "jose";

export interface HeldSet {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly rrdatas: readonly string[];
}

type SentSet = Omit<HeldSet, "ttl"> & { readonly ttl: number | string };

interface Problem {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

export interface GoogleServer {
  readonly url: string;
  sets: ReadonlyMap<string, HeldSet>;
  readonly history: (readonly HeldSet[])[];
  readonly trouble: { lose: number; throttle: number };
  tokens: number;
  close(): Promise<void>;
}

export const PROJECT = "a-project";
export const ACCOUNT = "dns@a-project.iam.gserviceaccount.com";

export async function startGoogle(zoneName: string, publicKey: string, maxPage = 300): Promise<GoogleServer> {
  const dot = `${zoneName}.`;
  const keyOf = (set: Pick<HeldSet, "name" | "type">) => `${set.name} (${set.type})`;
  const apex: readonly HeldSet[] = [
    { name: dot, type: "NS", ttl: 21_600, rrdatas: ["ns-cloud-a1.googledomains.com."] },
    {
      name: dot,
      type: "SOA",
      ttl: 21_600,
      rrdatas: ["ns-cloud-a1.googledomains.com. cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"],
    },
  ];
  const state = {
    sets: new Map(apex.map((set) => [keyOf(set), set])) as ReadonlyMap<string, HeldSet>,
    history: [] as (readonly HeldSet[])[],
    trouble: { lose: 0, throttle: 0 },
    tokens: 0,
  };
  const issued = new Set<string>();
  let url = "";

  function change(additions: readonly HeldSet[], deletions: readonly HeldSet[]): Problem | null {
    if (additions.length > 1000 || deletions.length > 1000)
      return { status: 403, reason: "quotaExceeded", message: "more than 1000" };
    const next = new Map(state.sets);
    for (const [index, set] of deletions.entries()) {
      const at = `entity.change.deletions[${index}]`;
      const there = next.get(keyOf(set));
      if (there === undefined)
        return {
          status: 404,
          reason: "notFound",
          message: `The '${at}' resource named '${keyOf(set)}' does not exist.`,
        };
      const same = there.ttl === set.ttl && [...there.rrdatas].sort().join("\n") === [...set.rrdatas].sort().join("\n");
      if (!same) return { status: 412, reason: "conditionNotMet", message: `Precondition not met for '${at}'` };
      next.delete(keyOf(set));
    }
    for (const [index, set] of additions.entries()) {
      const at = `entity.change.additions[${index}]`;
      if (next.has(keyOf(set)))
        return {
          status: 409,
          reason: "alreadyExists",
          message: `The resource '${at}' named '${keyOf(set)}' already exists`,
        };
      const bad = set.rrdatas.find((value) => !isData(set.type, value));
      if (bad !== undefined || set.rrdatas.length === 0)
        return { status: 400, reason: "invalid", message: `Invalid value for '${at}.rrdata[0]': '${bad}'` };
      if (set.name !== dot && !set.name.endsWith(`.${dot}`))
        return { status: 400, reason: "invalidRecordSet", message: `Invalid value for '${at}.name': '${set.name}'` };
      next.set(keyOf(set), set);
    }
    for (const [index, set] of additions.entries()) {
      const types = [...next.values()].filter((one) => one.name === set.name).map((one) => one.type);
      if (types.includes("CNAME") && types.length > 1) {
        const message = `The resource record set 'entity.change.additions[${index}]' is invalid because the DNS name '${set.name}' may have either one CNAME resource record set or resource record sets of other types, but not both.`;
        return { status: 400, reason: "cnameResourceRecordSetConflict", message };
      }
    }
    state.sets = next;
    state.history.push([...next.values()]);
    return null;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const send = (status: number, answer: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    const fail = ({ status, reason, message }: Problem) =>
      send(status, { error: { code: status, message, errors: [{ reason, message, domain: "global" }] } });
    if (pathname === "/token") {
      const assertion = new URLSearchParams(body).get("assertion") ?? "";
      const isGood = await jwtVerify(assertion, await importSPKI(publicKey, "RS256"), {
        // Google's own libraries always name the public server.
        audience: [`${url}/token`, "https://oauth2.googleapis.com/token"],
        issuer: ACCOUNT,
      }).then(
        () => true,
        () => false,
      );
      if (!isGood) return send(400, { error: "invalid_grant" });
      state.tokens += 1;
      issued.add(`token ${state.tokens}`);
      return send(200, { access_token: `token ${state.tokens}`, expires_in: 3600, token_type: "Bearer" });
    }
    if (!issued.has((request.headers.authorization ?? "").replace("Bearer ", "")))
      return fail({ status: 401, reason: "authError", message: "Invalid Credentials" });
    if (state.trouble.throttle > 0) {
      state.trouble.throttle -= 1;
      return fail({ status: 429, reason: "rateLimitExceeded", message: "Queries per minute" });
    }
    const zones = `/dns/v1/projects/${PROJECT}/managedZones`;
    if (pathname === zones)
      return send(200, { managedZones: [{ name: "the-zone", dnsName: dot, visibility: "public" }] });
    if (!pathname.startsWith(`${zones}/the-zone/`))
      return fail({
        status: 404,
        reason: "notFound",
        message: `The 'parameters.managedZone' resource named '${pathname}' does not exist.`,
      });
    if (pathname.endsWith("/rrsets")) {
      const size = Math.min(Number(searchParams.get("maxResults") ?? 100), maxPage);
      const start = Number(searchParams.get("pageToken") ?? 0);
      const all = [...state.sets.values()];
      const next = start + size < all.length ? { nextPageToken: String(start + size) } : {};
      return send(200, { rrsets: all.slice(start, start + size), ...next });
    }
    const { additions = [], deletions = [] } = JSON.parse(body) as { additions?: SentSet[]; deletions?: SentSet[] };
    // Google's own SDK sends the TTL as text; the API gives it back as a number.
    const numbered = (sets: readonly SentSet[]): HeldSet[] => sets.map((set) => ({ ...set, ttl: Number(set.ttl) }));
    const problem = change(numbered(additions), numbered(deletions));
    if (state.trouble.lose > 0) {
      state.trouble.lose -= 1;
      return void request.socket.destroy();
    }
    if (problem !== null) return fail(problem);
    send(200, { kind: "dns#change", id: "1", status: "pending", additions, deletions });
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function isData(type: string, value: string): boolean {
  if (type === "A") return isIPv4(value);
  if (type === "AAAA") return isIPv6(value);
  if (["CNAME", "NS", "MX", "SRV"].includes(type)) return value.endsWith(".");
  return type !== "TXT" || value.startsWith('"');
}
