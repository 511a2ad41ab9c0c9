/** Behaves like Azure DNS' management API and Azure's token server: one set a request, etags, nextLink, 429. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { type AzureBody, azureProblem, type AzureProblem } from "./azure-rules.ts";

export interface HeldAzureSet extends AzureBody {
  /** Relative, as it was written. */
  readonly name: string;
  readonly type: string;
  readonly etag: string;
}

export interface AzureServer {
  readonly url: string;
  readonly zoneId: string;
  /** By `name\ttype`, lower case; the public zone. */
  sets: ReadonlyMap<string, HeldAzureSet>;
  readonly history: (readonly HeldAzureSet[])[];
  readonly trouble: { lose: number; throttle: number };
  /** Method and path of each request to the management API. */
  readonly requests: string[];
  /** Somebody else's hand. */
  put(name: string, type: string, properties: AzureBody["properties"]): void;
  tokens: number;
  close(): Promise<void>;
}

export const AZURE: { readonly subscription: string; readonly resourceGroup: string; readonly tenant: string } = {
  subscription: "00000000-0000-0000-0000-000000000001",
  resourceGroup: "dns",
  tenant: "a-tenant",
};
export const APPLICATION: { readonly tenant: string; readonly clientId: string; readonly secret: string } = {
  tenant: "a-tenant",
  clientId: "an-application",
  secret: "a-secret",
};

export async function startAzure(
  zoneName: string,
  login: { readonly publicKey: string; readonly thumbprint: string } | null = null,
): Promise<AzureServer> {
  const group = `/subscriptions/${AZURE.subscription}/resourceGroups/${AZURE.resourceGroup}`;
  const zoneId = `${group}/providers/Microsoft.Network/dnszones/${zoneName}`;
  let version = 0;
  const etag = () =>
    createHash("sha256")
      .update(String((version += 1)))
      .digest("hex")
      .slice(0, 16);
  const held = (name: string, type: string, properties: AzureBody["properties"]): HeldAzureSet => ({
    name,
    type,
    etag: etag(),
    properties,
  });
  const keyOf = (name: string, type: string) => `${name.toLowerCase()}\t${type.toLowerCase()}`;
  const apex = [
    held("@", "NS", { TTL: 172_800, NSRecords: [{ nsdname: "ns1-01.azure-dns.com." }] }),
    held("@", "SOA", {
      TTL: 3600,
      SOARecord: {
        host: "ns1-01.azure-dns.com.",
        email: "azuredns-hostmaster.microsoft.com",
        serialNumber: 1,
        refreshTime: 3600,
        retryTime: 300,
        expireTime: 2_419_200,
        minimumTTL: 300,
      },
    }),
  ];
  const state = {
    sets: new Map(apex.map((set) => [keyOf(set.name, set.type), set])) as ReadonlyMap<string, HeldAzureSet>,
    history: [] as (readonly HeldAzureSet[])[],
    trouble: { lose: 0, throttle: 0 },
    requests: [] as string[],
    tokens: 0,
  };
  const issued = new Set<string>();
  let url = "";
  const shown = ({ name, type, etag, properties }: HeldAzureSet) => ({
    id: `${zoneId}/${type}/${name}`,
    name,
    type: `Microsoft.Network/dnszones/${type}`,
    etag,
    properties: {
      ...properties,
      fqdn: `${name === "@" ? "" : `${name}.`}${zoneName}.`,
      provisioningState: "Succeeded",
    },
  });

  async function token(body: URLSearchParams): Promise<boolean> {
    if (body.get("grant_type") !== "client_credentials" || body.get("client_id") !== APPLICATION.clientId) return false;
    if (body.get("scope") !== "https://management.azure.com/.default") return false;
    const assertion = body.get("client_assertion");
    if (assertion === null) return body.get("client_secret") === APPLICATION.secret;
    if (login === null || decodeProtectedHeader(assertion)["x5t#S256"] !== login.thumbprint) return false;
    return await jwtVerify(assertion, await importSPKI(login.publicKey, "RS256"), {
      audience: `${url}/${AZURE.tenant}/oauth2/v2.0/token`,
      issuer: APPLICATION.clientId,
      subject: APPLICATION.clientId,
    }).then(
      () => true,
      () => false,
    );
  }

  /** One record set: what Azure does, or why not. */
  function record(
    request: IncomingMessage,
    type: string,
    name: string,
    body: string,
  ): [number, unknown] | AzureProblem {
    const key = keyOf(name, type);
    const there = state.sets.get(key);
    const [match, noneMatch] = [request.headers["if-match"], request.headers["if-none-match"]];
    const precondition = {
      status: 412,
      code: "PreconditionFailed",
      message: `The condition '${match ?? noneMatch}' in the header was not satisfied.`,
    };
    if (request.method === "GET") {
      const message = `The resource record '${name}' does not exist in resource group '${AZURE.resourceGroup}'.`;
      return there === undefined ? { status: 404, code: "NotFound", message } : [200, shown(there)];
    }
    if (
      match !== undefined &&
      match !== "*" &&
      there?.etag !== match &&
      !(request.method === "DELETE" && there === undefined)
    )
      return precondition;
    if (noneMatch === "*" && there !== undefined) return precondition;
    const next = new Map(state.sets);
    if (request.method === "DELETE") {
      if (name === "@" && (type === "SOA" || type === "NS"))
        return { status: 400, code: "BadRequest", message: `The ${type} record set at the apex cannot be deleted.` };
      if (there === undefined) return [204, null];
      next.delete(key);
    } else {
      const written = JSON.parse(body) as AzureBody;
      const others = [...state.sets.values()].filter(
        (one) => one.name.toLowerCase() === name.toLowerCase() && one.type !== type,
      );
      const problem = azureProblem(
        name,
        type,
        written,
        others.map((one) => one.type),
      );
      if (problem !== null) return problem;
      next.set(key, held(name, type, written.properties));
    }
    state.sets = next;
    state.history.push([...next.values()]);
    const now = next.get(key);
    return now === undefined ? [200, null] : [there === undefined ? 201 : 200, shown(now)];
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const send = (status: number, answer: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
      response.end(answer === null ? "" : JSON.stringify(answer));
    };
    const fail = ({ status, code, message }: AzureProblem, headers = {}) =>
      send(status, status === 401 || status === 429 ? { error: { code, message } } : { code, message }, headers);
    if (pathname === `/${AZURE.tenant}/oauth2/v2.0/token`) {
      if (!(await token(new URLSearchParams(body)))) return send(401, { error: "invalid_client" });
      state.tokens += 1;
      issued.add(`token-${state.tokens}`);
      return send(200, { token_type: "Bearer", expires_in: 3599, access_token: `token-${state.tokens}` });
    }
    state.requests.push(`${request.method} ${pathname}`);
    if (!issued.has((request.headers.authorization ?? "").replace("Bearer ", "")))
      return fail({ status: 401, code: "AuthenticationFailed", message: "Authentication failed." });
    if (state.trouble.throttle > 0) {
      state.trouble.throttle -= 1;
      return fail(
        { status: 429, code: "TooManyRequests", message: "The request was throttled." },
        { "retry-after": "1" },
      );
    }
    const version = searchParams.get("api-version");
    const isPrivate = pathname.toLowerCase().includes("/privatednszones");
    if (version !== (isPrivate ? "2018-09-01" : "2018-05-01"))
      return fail({
        status: 400,
        code: "InvalidApiVersionParameter",
        message: `The api-version '${version}' is invalid.`,
      });
    const path = pathname.toLowerCase();
    if (path === `${group}/providers/microsoft.network/dnszones`.toLowerCase())
      return send(200, {
        value: [{ id: zoneId, name: zoneName, type: "Microsoft.Network/dnszones", properties: { zoneType: "Public" } }],
      });
    if (path === `${group}/providers/microsoft.network/privatednszones`.toLowerCase()) return send(200, { value: [] });
    if (!path.startsWith(`${zoneId.toLowerCase()}/`))
      return fail({ status: 404, code: "ResourceNotFound", message: `The Resource '${pathname}' was not found.` });
    const [type = "", name = ""] = pathname
      .slice(zoneId.length + 1)
      .split("/")
      .map(decodeURIComponent);
    if (type.toLowerCase() === "all" || type.toLowerCase() === "recordsets") {
      const size = Math.min(Number(searchParams.get("$top") ?? 100), 500);
      const start = Number(searchParams.get("$skipToken") ?? 0);
      const all = [...state.sets.values()].map(shown);
      const next = `${url}${pathname}?$top=${size}&$skipToken=${start + size}&api-version=${version}`;
      return send(200, {
        value: all.slice(start, start + size),
        ...(start + size < all.length ? { nextLink: next } : {}),
      });
    }
    const result = record(request, type, name, body);
    if (request.method !== "GET" && state.trouble.lose > 0) {
      state.trouble.lose -= 1;
      return void request.socket.destroy();
    }
    if (!Array.isArray(result)) return fail(result);
    send(result[0], result[1]);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    url,
    zoneId,
    put(name: string, type: string, properties: AzureBody["properties"]) {
      state.sets = new Map([...state.sets, [keyOf(name, type), held(name, type, properties)]]);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
