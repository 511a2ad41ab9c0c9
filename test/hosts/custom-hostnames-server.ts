/** Behaves like Cloudflare's API of custom hostnames: pages, errors with codes, and states that follow the records. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Held {
  readonly id: string;
  readonly hostname: string;
  readonly wildcard: boolean;
  /** Forced by a test: what Cloudflare says when a certificate was not issued in time. */
  sslStatus: string | null;
  /** What was seen once counts, until a test says otherwise: a certificate outlives the record that proved it. */
  readonly seen: Set<string>;
}

export interface CustomHostnames {
  readonly url: string;
  readonly zoneId: string;
  readonly held: Held[];
  /** TXT records that Cloudflare can see. */
  readonly records: Map<string, string[]>;
  /** So many next requests are throttled, or their answers lost. */
  readonly trouble: { throttle: number; lose: number; down: boolean };
  close(): Promise<void>;
}

export const TOKEN = "a token that may edit certificates";
const LARGEST_PAGE = 50;
const HOST = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/;

/** `resolve` is the DNS that Cloudflare looks TXT records up in; without it, `records` alone. */
export async function startCustomHostnames(
  resolve: (name: string) => Promise<readonly string[]> = async () => [],
): Promise<CustomHostnames> {
  const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";
  const root = `/zones/${zoneId}/custom_hostnames`;
  const held: Held[] = [];
  const records = new Map<string, string[]>();
  const trouble = { throttle: 0, lose: 0, down: false };
  let nextId = 1;

  async function shown({ id, hostname, wildcard, sslStatus, seen }: Held) {
    const proof = { type: "txt", name: `_cf-custom-hostname.${hostname}`, value: `proof-${id}` };
    const challenge = { txt_name: `_acme-challenge.${hostname}`, txt_value: `challenge-${id}`, status: "pending" };
    const has = async (name: string, value: string) => {
      if (records.get(name)?.includes(value) === true || (await resolve(name)).includes(value)) seen.add(value);
      return seen.has(value);
    };
    const proven = await has(proof.name, proof.value);
    const issued = await has(challenge.txt_name, challenge.txt_value);
    return {
      id,
      hostname,
      status: proven ? "active" : "pending",
      ssl: {
        id: `ssl-${id}`,
        type: "dv",
        method: "txt",
        status: sslStatus ?? (issued ? "active" : "pending_validation"),
        wildcard,
        ...(issued ? {} : { validation_records: [challenge] }),
      },
      ...(proven
        ? {}
        : { ownership_verification: proof, verification_errors: ["custom hostname does not CNAME to this zone."] }),
      created_at: "2026-11-24T00:00:00Z",
    };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://cloudflare");
    const send = (status: number, result: unknown, more: object = {}) => {
      if (trouble.lose > 0) {
        trouble.lose -= 1;
        request.socket.destroy();
        return;
      }
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ success: status < 400, errors: [], messages: [], result, ...more }));
    };
    const fail = (status: number, code: number, message: string) => send(status, null, { errors: [{ code, message }] });
    if (trouble.down) return fail(503, 10_000, "try later");
    if (trouble.throttle > 0) {
      trouble.throttle -= 1;
      return fail(429, 971, "Please wait and consider throttling your request speed");
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return fail(403, 9109, "Invalid access token");
    if (url.pathname === root && request.method === "GET") return list(url.searchParams, send);
    if (url.pathname === root && request.method === "POST") {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { hostname: string; ssl: { wildcard?: boolean } };
      if (!HOST.test(body.hostname)) return fail(400, 1407, "Invalid custom hostname.");
      if (held.some(({ hostname }) => hostname === body.hostname))
        return fail(409, 1406, "Duplicate custom hostname found.");
      const made = {
        id: `c${nextId}`,
        hostname: body.hostname,
        wildcard: body.ssl.wildcard === true,
        sslStatus: null,
        seen: new Set<string>(),
      };
      nextId += 1;
      held.push(made);
      return send(201, await shown(made));
    }
    const index = held.findIndex(({ id }) => url.pathname === `${root}/${id}`);
    if (index === -1 || request.method !== "DELETE") return fail(404, 1436, "The custom hostname was not found.");
    const [gone] = held.splice(index, 1);
    return send(200, { id: gone?.id });
  }

  async function list(
    query: URLSearchParams,
    send: (status: number, result: unknown, more: object) => void,
  ): Promise<void> {
    const part = query.get("hostname");
    const all = held.filter(({ hostname }) => part === null || hostname.includes(part));
    const size = Math.min(Number(query.get("per_page") ?? 20), LARGEST_PAGE);
    const page = Number(query.get("page") ?? 1);
    const result = await Promise.all(all.slice((page - 1) * size, page * size).map(shown));
    send(200, result, {
      result_info: { page, per_page: size, total_pages: Math.ceil(all.length / size), count: result.length },
    });
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    zoneId,
    held,
    records,
    trouble,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
