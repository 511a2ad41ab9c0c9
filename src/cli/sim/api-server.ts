import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { listPage } from "./api-list.ts";
import { apiResources } from "./api-resources.ts";
import { type ApiReply, failure } from "./api-status.ts";
import { answerWatch } from "./api-watch.ts";
import { answerWrite, type WriteTarget } from "./api-writes.ts";
import type { ObjectStore } from "./object-store.ts";

/** A pretended Kubernetes API server on loopback. */
export interface ApiServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** While on, connections are cut and whoever connects waits for ever, as behind a firewall that drops packets. */
  partition(on: boolean): void;
  /** Whether Secrets may be read by name; at first they may. Nobody may list or watch them. */
  permitSecrets(on: boolean): void;
  /** Cuts every watch, as a server does that is replaced. */
  cut(): void;
  close(): Promise<void>;
}

export interface ApiServerOptions {
  /** 0, the default, takes a free one. Rejects when the port is taken. */
  readonly port?: number;
  readonly bookmarkIntervalMs?: number;
}

const maxBodyBytes = 3 * 1024 * 1024;
const version = { major: "1", minor: "36", gitVersion: "v1.36.3+portolan-sim", platform: "portolan/sim" };

/** Serves list, watch and writes of the store's objects in the way of Kubernetes. */
export async function startApiServer(store: ObjectStore, options: ApiServerOptions = {}): Promise<ApiServer> {
  const { bookmarkIntervalMs = 10_000 } = options;
  let isPartitioned = false;
  let isPermitted = true;

  const server = createServer((request, response) => {
    if (isPartitioned) return;
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    if (["/readyz", "/livez", "/healthz"].includes(pathname)) return sendText(response, "ok");
    if (pathname === "/version") return send(response, { code: 200, body: version });
    const target = targetOf(pathname);
    if (target === null) return send(response, failure("NotFound", "the server could not find the requested resource"));
    if (method !== "GET") return send(response, await write(request, method, target));
    if (target.resource.unlisted && (target.name === null || !isPermitted)) {
      const verb = target.name !== null ? "get" : searchParams.has("watch") ? "watch" : "list";
      const { plural } = target.resource;
      return send(response, failure("Forbidden", `${plural} is forbidden: cannot ${verb} resource "${plural}"`));
    }
    if (target.name !== null) return send(response, readOne(target));
    if (["true", "1"].includes(searchParams.get("watch") ?? "")) {
      return answerWatch(store, target.resource, target.namespace, searchParams, response, bookmarkIntervalMs);
    }
    send(response, listPage(store, target.resource, target.namespace, searchParams));
  }

  async function write(request: IncomingMessage, method: string, target: WriteTarget): Promise<ApiReply> {
    const type = request.headers["content-type"]?.split(";")[0] ?? "";
    const expected = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    if (method !== "DELETE" && type !== expected) {
      return failure("UnsupportedMediaType", `the body of the request must be ${expected}`);
    }
    const text = await readBody(request);
    if (text === null) return failure("RequestEntityTooLarge", `the body is longer than ${maxBodyBytes} bytes`);
    if (text === "") return answerWrite(store, method, target, null);
    try {
      return answerWrite(store, method, target, JSON.parse(text));
    } catch {
      return failure("BadRequest", "the body is not JSON");
    }
  }

  function readOne({ resource, namespace, name }: WriteTarget): ApiReply {
    const object = store.get(resource, namespace ?? "", name ?? "");
    return object === null
      ? failure("NotFound", `${resource.plural} "${name}" not found`)
      : { code: 200, body: object };
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    partition(on) {
      isPartitioned = on;
      // At the end of a partition too: those who waited must ask again.
      server.closeAllConnections();
    },
    permitSecrets: (on) => void (isPermitted = on),
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function targetOf(path: string): WriteTarget | null {
  for (const resource of apiResources) {
    if (!path.startsWith(`${resource.prefix}/`)) continue;
    const parts = path.slice(resource.prefix.length + 1).split("/");
    const isScoped = resource.namespaced && parts[0] === "namespaces" && parts.length > 2;
    const namespace = isScoped ? (parts[1] ?? "") : null;
    const [plural, name, ...rest] = isScoped ? parts.slice(2) : parts;
    if (plural === resource.plural && rest.length === 0) return { resource, namespace, name: name ?? null };
  }
  return null;
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, { code, body }: ApiReply): void {
  response.writeHead(code, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "content-type": "text/plain" }).end(text);
}
