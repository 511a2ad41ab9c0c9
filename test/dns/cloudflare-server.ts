/** Behaves like Cloudflare's DNS API, its quirks included: names outside the zone get the zone appended. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isIPv4, isIPv6, type AddressInfo } from "node:net";

export interface KeptRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly ttl: number;
  readonly proxied: boolean;
  readonly priority?: number;
}

type Input = Readonly<Record<string, unknown>>;
type Problem = { readonly code: number; readonly message: string };

export interface CloudflareServer {
  readonly url: string;
  readonly zoneId: string;
  readonly zones: { readonly id: string; readonly name: string }[];
  records: readonly KeptRecord[];
  readonly history: (readonly KeptRecord[])[];
  readonly trouble: { lose: number; throttle: number };
  readonly calls: Map<string, number>;
  close(): Promise<void>;
}

export const TOKEN = "a token that may edit DNS";

export async function startCloudflare(
  zoneName: string,
  { maxBatch = 200, maxPage = 5000 }: { readonly maxBatch?: number; readonly maxPage?: number } = {},
): Promise<CloudflareServer> {
  let nextId = 1;
  const zoneId = "023e105f4ecef8ad9ca31a8372d0c353";
  const state = {
    records: [] as readonly KeptRecord[],
    zones: [{ id: zoneId, name: zoneName }],
    history: [] as (readonly KeptRecord[])[],
    trouble: { lose: 0, throttle: 0 },
    calls: new Map<string, number>(),
  };

  function keep(input: Input, id: string): KeptRecord | Problem {
    const type = String(input["type"]);
    const raw = String(input["name"]).toLowerCase();
    const name = raw === zoneName || raw.endsWith(`.${zoneName}`) ? raw : `${raw}.${zoneName}`;
    const ttl = Number(input["ttl"] ?? 1);
    if (ttl !== 1 && !(ttl >= 60 && ttl <= 86_400))
      return { code: 9021, message: "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic." };
    const data = (input["data"] ?? {}) as Readonly<Record<string, string | number>>;
    if (type === "SRV" && input["data"] === undefined) return { code: 9100, message: "data is required for SRV" };
    const content = type === "SRV" ? `${data["weight"]} ${data["port"]} ${data["target"]}` : text(input["content"]);
    if (type === "A" && !isIPv4(content))
      return { code: 9005, message: "Content for A record must be a valid IPv4 address." };
    if (type === "AAAA" && !isIPv6(content))
      return { code: 9006, message: "Content for AAAA record must be a valid IPv6 address." };
    if (type === "CNAME" && !/^[^\s.]+(\.[^\s.]+)+\.?$/.test(content))
      return { code: 9007, message: "Content for CNAME record is invalid." };
    if (content === "") return { code: 9020, message: "Content is required." };
    const isProxied = input["proxied"] === true;
    if (isProxied && !["A", "AAAA", "CNAME"].includes(type))
      return { code: 9004, message: "This record type cannot be proxied." };
    const priority =
      type === "SRV" ? Number(data["priority"]) : input["priority"] === undefined ? null : Number(input["priority"]);
    return { id, name, type, content, ttl, proxied: isProxied, ...(priority === null ? {} : { priority }) };
  }

  function conflict(records: readonly KeptRecord[], record: KeptRecord): Problem | null {
    const same = records.filter((one) => one.name === record.name && one.id !== record.id);
    if (
      same.some((one) => one.type === record.type && one.content === record.content && one.priority === record.priority)
    ) {
      return { code: 81058, message: "An identical record already exists." };
    }
    if (record.type === "CNAME" && same.some((one) => ["A", "AAAA", "CNAME"].includes(one.type))) {
      return { code: 81053, message: "An A, AAAA, or CNAME record with that host already exists." };
    }
    if (["A", "AAAA"].includes(record.type) && same.some((one) => one.type === "CNAME")) {
      return { code: 81054, message: "A CNAME record with that host already exists." };
    }
    return null;
  }

  function runBatch(body: Input): Problem | null {
    const part = (name: string) => (body[name] ?? []) as readonly Input[];
    const count = ["deletes", "patches", "puts", "posts"].reduce((sum, name) => sum + part(name).length, 0);
    if (count > maxBatch) return { code: 81065, message: `batch exceeds ${maxBatch} changes` };
    let records = state.records;
    for (const { id } of part("deletes")) {
      if (!records.some((one) => one.id === id)) return { code: 81044, message: "Record does not exist." };
      records = records.filter((one) => one.id !== id);
    }
    for (const input of part("puts")) {
      const record = keep(input, String(input["id"]));
      if ("code" in record) return record;
      if (!records.some((one) => one.id === record.id)) return { code: 81044, message: "Record does not exist." };
      const problem = conflict(records, record);
      if (problem !== null) return problem;
      records = records.map((one) => (one.id === record.id ? record : one));
    }
    for (const input of part("posts")) {
      const record = keep(input, `r${nextId}`);
      nextId += 1;
      if ("code" in record) return record;
      const problem = conflict(records, record);
      if (problem !== null) return problem;
      records = [...records, record];
    }
    state.records = records;
    state.history.push(records);
    return null;
  }

  function page(all: readonly unknown[], query: URLSearchParams, largest: number) {
    const size = Math.min(Number(query.get("per_page") ?? 100), largest);
    const number = Number(query.get("page") ?? 1);
    const result = all.slice((number - 1) * size, number * size);
    return {
      success: true,
      errors: [],
      messages: [],
      result,
      result_info: { page: number, per_page: size, total_pages: Math.ceil(all.length / size), total_count: all.length },
    };
  }

  /** One record, as people's tools write it; our provider sends batches only. */
  function single(
    method: string,
    id: string,
    body: string,
    { send, fail }: { send: (status: number, body: unknown) => void; fail: (status: number, problem: Problem) => void },
  ): void {
    const answer = (result: unknown) => send(200, { success: true, errors: [], messages: [], result });
    const there = state.records.find((one) => one.id === id);
    if (id !== "" && there === undefined) return fail(404, { code: 81044, message: "Record does not exist." });
    if (method === "GET") return answer(there);
    const input = body === "" ? {} : (JSON.parse(body) as Input);
    const part = { POST: "posts", PUT: "puts", PATCH: "puts", DELETE: "deletes" }[method] ?? "";
    const known = new Set(state.records.map((one) => one.id));
    const problem = runBatch({
      [part]: [{ ...(method === "PATCH" ? there : {}), ...input, ...(id === "" ? {} : { id }) }],
    });
    if (problem !== null) return fail(400, problem);
    const made = state.records.find((one) => (id === "" ? !known.has(one.id) : one.id === id));
    answer(method === "DELETE" ? { id } : made);
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://localhost");
    const send = (status: number, body: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const fail = (status: number, problem: Problem) =>
      send(status, { success: false, errors: [problem], messages: [], result: null });
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return fail(403, { code: 9109, message: "Invalid access token" });
    if (state.trouble.throttle > 0) {
      state.trouble.throttle -= 1;
      response.setHeader("retry-after", "1");
      return fail(429, { code: 971, message: "Please wait and consider throttling your request speed" });
    }
    const call = `${request.method} ${url.pathname.replace(zoneId, "ID")}`;
    state.calls.set(call, (state.calls.get(call) ?? 0) + 1);
    if (url.pathname === "/zones") return send(200, page(state.zones, url.searchParams, 50));
    if (!url.pathname.startsWith(`/zones/${zoneId}/`))
      return fail(404, {
        code: 7003,
        message: "Could not route to the zone, perhaps your object identifier is invalid?",
      });
    const body = Buffer.concat(chunks).toString();
    const [, id = ""] = url.pathname.split("/dns_records/");
    if (id !== "" && id !== "batch") return single(request.method ?? "", id, body, { send, fail });
    if (request.method === "POST" && id === "") return single("POST", "", body, { send, fail });
    if (request.method === "GET") {
      const name = url.searchParams.get("name");
      return send(
        200,
        page(
          state.records.filter((one) => name === null || one.name === name),
          url.searchParams,
          maxPage,
        ),
      );
    }
    const problem = runBatch(JSON.parse(body) as Input);
    if (state.trouble.lose > 0) {
      state.trouble.lose -= 1;
      return void request.socket.destroy();
    }
    if (problem !== null) return fail(400, problem);
    send(200, { success: true, errors: [], messages: [], result: {} });
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(state, {
    zoneId,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
