/**
 * An API server in a process's memory, over real HTTP: any path holds objects. What Portolan writes is answered as
 * kube-apiserver answers it; test/real asks the real one the same.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { isRecord } from "../../src/kube/plain.ts";

export type Json = Record<string, unknown>;

export interface KubeApi {
  readonly url: string;
  /** Objects by path: `/api/v1/namespaces/default/services/web`. */
  readonly objects: Map<string, Json>;
  /** `METHOD path`, in order. */
  readonly requests: string[];
  /** Answers a request in the server's stead: a status and the reason of its Status. */
  refuse: (method: string, path: string) => { readonly code: number; readonly reason: string } | null;
  /** What a SelfSubjectAccessReview says. */
  allows: (attributes: Json) => boolean;
  /** Added to the server's clock. */
  skewMs: number;
  /** Life of the tokens it gives, in seconds. */
  tokenSeconds: number | null;
  put(path: string, object: Json): void;
  close(): Promise<void>;
}

export async function startKubeApi(): Promise<KubeApi> {
  const objects = new Map<string, Json>();
  let version = 1;
  const api: KubeApi = {
    url: "",
    objects,
    requests: [],
    refuse: () => null,
    allows: () => true,
    skewMs: 0,
    tokenSeconds: null,
    put(path, object) {
      const metadata = isRecord(object["metadata"]) ? object["metadata"] : {};
      const old = objects.get(path);
      const uid = isRecord(old?.["metadata"]) ? old["metadata"]["uid"] : randomUUID();
      const creationTimestamp = new Date(Date.now() + api.skewMs).toISOString().replace(/\.\d+/, "");
      version += 1;
      const stamped = {
        creationTimestamp,
        ...metadata,
        name: path.split("/").at(-1),
        uid,
        resourceVersion: `${version}`,
      };
      objects.set(path, { ...object, metadata: stamped });
    },
    close: async () => undefined,
  };
  const server = createServer((request, response) => void answer(api, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return Object.assign(api, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

async function answer(api: KubeApi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://api");
  const method = request.method ?? "GET";
  const raw = await text(request);
  const body = raw === "" ? {} : (JSON.parse(raw) as Json);
  api.requests.push(`${method} ${url.pathname}`);
  const reply = (code: number, value: Json) => {
    response.writeHead(code, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const fail = (code: number, reason: string) =>
    reply(code, {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      code,
      reason,
      message: `${reason}: ${url.pathname}`,
    });
  const refused = api.refuse(method, url.pathname);
  if (refused !== null) return fail(refused.code, refused.reason);
  const dryRun = url.searchParams.get("dryRun") === "All" || Array.isArray(body["dryRun"]);
  const path = url.pathname;
  const metadata = isRecord(body["metadata"]) ? body["metadata"] : {};
  if (path === "/version") return reply(200, { gitVersion: "v1.36.3", major: "1", minor: "36" });
  if (path.endsWith("/selfsubjectaccessreviews")) {
    const spec = isRecord(body["spec"]) ? body["spec"] : {};
    const attributes = isRecord(spec["resourceAttributes"]) ? spec["resourceAttributes"] : {};
    return reply(201, { ...body, status: { allowed: api.allows(attributes) } });
  }
  if (path.endsWith("/token") && method === "POST") {
    if (!api.objects.has(path.slice(0, -"/token".length))) return fail(404, "NotFound");
    return reply(201, tokenOf(api, body));
  }
  const isStatus = path.endsWith("/status");
  const target = isStatus ? path.slice(0, -"/status".length) : path;
  const known = api.objects.get(target);
  switch (method) {
    case "GET": {
      if (known !== undefined) return reply(200, known);
      const items = listOf(api, path);
      if (items.length > 0 || isCollection(path)) {
        // A watch without events stays open.
        if (url.searchParams.get("watch") === null)
          return reply(200, { kind: "List", metadata: { resourceVersion: "1" }, items });
        response.writeHead(200, { "content-type": "application/json" });
        return response.flushHeaders();
      }
      return fail(404, "NotFound");
    }
    case "POST": {
      const created = `${path}/${typeof metadata["name"] === "string" ? metadata["name"] : `generated-${randomUUID()}`}`;
      if (api.objects.has(created)) return fail(409, "AlreadyExists");
      return reply(201, written(api, created, body, dryRun));
    }
    case "PATCH": {
      const isApply = request.headers["content-type"] === "application/apply-patch+yaml";
      if (known === undefined && !isApply) return fail(404, "NotFound");
      const merged = merge(known ?? {}, body);
      // Nothing that differs leaves the object alone, as server-side apply does.
      if (known !== undefined && JSON.stringify(merged) === JSON.stringify(known)) return reply(200, known);
      return reply(known === undefined ? 201 : 200, written(api, target, merged, dryRun));
    }
    case "DELETE": {
      if (known === undefined) return fail(404, "NotFound");
      const wanted = isRecord(body["preconditions"]) ? body["preconditions"]["uid"] : undefined;
      const uid = isRecord(known["metadata"]) ? known["metadata"]["uid"] : undefined;
      if (wanted !== undefined && wanted !== uid) return fail(409, "Conflict");
      if (!dryRun) {
        api.objects.delete(target);
        // A namespace takes what it holds with it.
        for (const one of api.objects.keys()) if (one.includes(`${target}/`)) api.objects.delete(one);
      }
      return reply(200, { kind: "Status", status: "Success" });
    }
    default:
      return fail(405, "MethodNotAllowed");
  }
}

function written(api: KubeApi, path: string, object: Json, dryRun: boolean): Json {
  const before = api.objects.get(path);
  api.put(path, object);
  const after = api.objects.get(path) ?? {};
  if (dryRun && before === undefined) api.objects.delete(path);
  else if (dryRun && before !== undefined) api.objects.set(path, before);
  return after;
}

/** Objects of a collection, in one namespace or in all. */
function listOf(api: KubeApi, path: string): readonly Json[] {
  const parts = path.split("/");
  const plural = parts.at(-1) ?? "";
  const group = parts.slice(0, -1).join("/");
  return [...api.objects].flatMap(([key, object]) => {
    const [name, kind, ...front] = key.split("/").reverse();
    const where = front.reverse().join("/");
    const isOf = where === group || where.startsWith(`${group}/namespaces/`);
    return name !== undefined && kind === plural && isOf ? [object] : [];
  });
}

function isCollection(path: string): boolean {
  const parts = path.split("/").filter((part) => part !== "");
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  return rest.length === 1 || (rest[0] === "namespaces" && rest.length === 3);
}

function tokenOf(api: KubeApi, body: Json): Json {
  const spec = isRecord(body["spec"]) ? body["spec"] : {};
  const seconds = api.tokenSeconds ?? Number(spec["expirationSeconds"] ?? 3600);
  const now = Math.floor((Date.now() + api.skewMs) / 1000);
  const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = `${part({ alg: "none" })}.${part({ iat: now, exp: now + seconds, jti: randomUUID() })}.x`;
  const expirationTimestamp = new Date((now + seconds) * 1000).toISOString();
  return { ...body, status: { token, expirationTimestamp } };
}

/** RFC 7396, which is what server-side apply comes to where nobody else owns a field. */
function merge(target: Json, patch: Json): Json {
  const result: Json = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const old = result[name];
    if (value === null) delete result[name];
    else result[name] = isRecord(value) ? merge(isRecord(old) ? { ...old } : {}, { ...value }) : value;
  }
  return result;
}

/** A kubeconfig with a context for each API. */
export function kubeconfigOf(apis: Readonly<Record<string, string>>): string {
  const names = Object.keys(apis);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": names[0],
    contexts: names.map((name) => ({ name, context: { cluster: name, user: "admin" } })),
    clusters: names.map((name) => ({ name, cluster: { server: apis[name] } })),
    users: [{ name: "admin", user: { token: "admin" } }],
  });
}
