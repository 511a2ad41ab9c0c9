/**
 * Route 53's REST and XML on a port of this machine, with its real rules: atomic batches, exact deletes, paging by name,
 * type and identifier, two token buckets, one change at a time per zone, PENDING that becomes INSYNC. It can also
 * turn away, break and lose answers. Signatures are asked for but not checked.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readSet, type StoredSet } from "./record-set.ts";
import { errorXml, hostedZoneXml, listXml, NAMESPACE } from "./answers.ts";
import { child, childText, type Element, parseXml, tag } from "./xml.ts";
import { type Change, type HostedZone, tryBatch } from "./zone.ts";

export interface EmulatorOptions {
  /** The clock of buckets and of PENDING; the real one if none is given. */
  readonly now?: () => number;
  readonly requestLimit?: { readonly burst: number; readonly perSecond: number } | null;
  readonly changeLimit?: { readonly burst: number; readonly perSecond: number } | null;
  /** How long a change is worked on: the next one for the zone is turned away meanwhile. */
  readonly processing?: () => Promise<void>;
  readonly pendingMs?: number;
  /** Largest page, to test paging with small zones. */
  readonly maxItems?: number;
  /** In which of its two shapes InvalidChangeBatch is answered. */
  readonly batchErrors?: "error-response" | "messages";
}

export interface Emulator {
  readonly url: string;
  readonly zones: Map<string, HostedZone>;
  /** Requests that were answered or lost, by operation, throttled ones apart. */
  readonly calls: Map<string, number>;
  /** Each zone after each batch, oldest first. */
  readonly history: (readonly StoredSet[])[];
  readonly trouble: { lose: number; throttle: number; break: number; prior: number };
  addZone(name: string, isPrivate?: boolean): HostedZone;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export async function startRoute53(options: EmulatorOptions = {}): Promise<Emulator> {
  const { now = () => performance.now(), requestLimit = { burst: 50, perSecond: 10 }, changeLimit = null } = options;
  const { pendingMs = 0, maxItems = 300, batchErrors = "error-response" } = options;
  const zones = new Map<string, HostedZone>();
  const calls = new Map<string, number>();
  const history: (readonly StoredSet[])[] = [];
  const trouble = { lose: 0, throttle: 0, break: 0, prior: 0 };
  const changes = new Map<string, number>();
  const healthChecks = new Set<string>();
  const busy = new Set<string>();
  const requests = bucket(requestLimit, now);
  const singleChanges = bucket(changeLimit, now);
  const count = (operation: string) => calls.set(operation, (calls.get(operation) ?? 0) + 1);

  function addZone(name: string, isPrivate = false, callerReference = `ref ${zones.size}`): HostedZone {
    const id = `Z${String(zones.size + 1).padStart(13, "0")}`;
    const base = {
      setIdentifier: null,
      weight: null,
      region: null,
      geoLocation: null,
      geoProximity: null,
      failover: null,
    };
    const rest = { ...base, multiValue: false, alias: null, healthCheckId: null };
    const servers = ["ns-1.awsdns-00.com.", "ns-2.awsdns-00.net."];
    const sets: StoredSet[] = [
      { ...rest, name: `${name}.`, type: "NS", ttl: 172_800, values: servers },
      {
        ...rest,
        name: `${name}.`,
        type: "SOA",
        ttl: 900,
        values: [`${servers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
      },
    ];
    const zone = {
      id,
      name: `${name}.`,
      isPrivate,
      callerReference,
      sets: new Map(sets.map((set) => [`${set.name}\t${set.type}\t`, set])),
    };
    zones.set(id, zone);
    return zone;
  }

  async function change(zone: HostedZone, body: Element): Promise<Answer> {
    const list = child(child(body, "ChangeBatch") ?? body, "Changes");
    if (body.name !== "ChangeResourceRecordSetsRequest" || list === null)
      return error(400, "InvalidInput", "Invalid XML");
    if (busy.has(zone.id) || trouble.prior > 0) {
      trouble.prior = Math.max(0, trouble.prior - 1);
      return error(
        400,
        "PriorRequestNotComplete",
        "The request was rejected because Route 53 was still processing a prior request.",
      );
    }
    const batch: Change[] = [];
    for (const element of list.children) {
      const set = child(element, "ResourceRecordSet");
      const action = childText(element, "Action") ?? "";
      if (set === null || !["CREATE", "DELETE", "UPSERT"].includes(action))
        return error(400, "InvalidInput", `Invalid request: Action ${action}`);
      batch.push({ action, set: readSet(set) });
    }
    if (!singleChanges(batch.length)) return error(400, "Throttling", "Rate exceeded");
    busy.add(zone.id);
    await options.processing?.();
    busy.delete(zone.id);
    const result = tryBatch(zone, batch, { zones, healthChecks });
    if (!result.ok) {
      if (result.code !== "InvalidChangeBatch" || batchErrors === "error-response")
        return error(400, result.code, `[${result.messages.join(", ")}]`);
      const messages = tag(
        "Messages",
        result.messages.map((message) => tag("Message", message)),
      );
      return {
        status: 400,
        body: `<?xml version="1.0"?><InvalidChangeBatch xmlns="${NAMESPACE}">${messages}<RequestId>r</RequestId></InvalidChangeBatch>`,
      };
    }
    zone.sets = result.sets;
    history.push([...result.sets.values()]);
    const id = `C${changes.size + 1}`;
    changes.set(id, now() + pendingMs);
    return ok("ChangeResourceRecordSetsResponse", changeInfo(id));
  }

  const changeInfo = (id: string) => {
    const status = (changes.get(id) ?? 0) > now() ? "PENDING" : "INSYNC";
    return tag("ChangeInfo", [
      tag("Id", `/change/${id}`),
      tag("Status", status),
      tag("SubmittedAt", "2026-11-24T12:00:00.000Z"),
    ]);
  };

  async function answer(method: string, url: URL, text: string): Promise<Answer> {
    const [version, resource = "", id = "", part = ""] = url.pathname.split("/").slice(1);
    if (version !== "2013-04-01") return error(404, "NotFound", `Cannot find ${url.pathname}`);
    const body = text === "" ? null : tryParse(text);
    if (resource === "hostedzone" && id === "" && method === "GET") {
      count("ListHostedZones");
      return ok("ListHostedZonesResponse", listZones(url));
    }
    if (resource === "hostedzone" && id === "" && method === "POST" && body !== null) {
      count("CreateHostedZone");
      const reference = childText(body, "CallerReference") ?? "";
      if ([...zones.values()].some((zone) => zone.callerReference === reference))
        return error(409, "HostedZoneAlreadyExists", "CallerReference was used");
      const zone = addZone((childText(body, "Name") ?? "").replace(/\.$/, ""), false, reference);
      const servers = tag("DelegationSet", [tag("NameServers", [tag("NameServer", "ns-1.awsdns-00.com")])]);
      return ok("CreateHostedZoneResponse", `${hostedZoneXml(zone)}${changeInfo("C0")}${servers}`, 201);
    }
    if (resource === "change") {
      count("GetChange");
      return changes.has(id)
        ? ok("GetChangeResponse", changeInfo(id))
        : error(404, "NoSuchChange", `No change with id ${id}`);
    }
    if (resource === "healthcheck" && method === "GET" && id === "") {
      count("ListHealthChecks");
      const known = [...healthChecks].map(healthCheckXml);
      return ok(
        "ListHealthChecksResponse",
        [tag("HealthChecks", known), tag("Marker", ""), tag("IsTruncated", false), tag("MaxItems", 100)].join(""),
      );
    }
    if (resource === "healthcheck" && method === "POST" && body !== null) {
      count("CreateHealthCheck");
      const check = `hc-${healthChecks.size + 1}`;
      healthChecks.add(check);
      return ok("CreateHealthCheckResponse", healthCheckXml(check), 201);
    }
    const zone = zones.get(id);
    if (resource !== "hostedzone") return error(404, "NotFound", `Cannot find ${url.pathname}`);
    if (zone === undefined) return error(404, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
    if (part === "" && method === "GET") {
      count("GetHostedZone");
      return ok("GetHostedZoneResponse", hostedZoneXml(zone));
    }
    if (part === "rrset" && method === "GET") {
      count("ListResourceRecordSets");
      const list = listXml(zone, url.searchParams, maxItems);
      return list === null
        ? error(400, "InvalidInput", "Invalid start of the page")
        : ok("ListResourceRecordSetsResponse", list);
    }
    if (part === "rrset" && method === "POST") {
      count("ChangeResourceRecordSets");
      return body === null ? error(400, "InvalidInput", "Invalid XML ; it cannot be read") : await change(zone, body);
    }
    return error(404, "NotFound", `Cannot find ${url.pathname}`);
  }

  function listZones(url: URL): string {
    const size = Math.min(Number(url.searchParams.get("maxitems") ?? 100), maxItems, 100);
    const all = [...zones.values()];
    const marker = url.searchParams.get("marker");
    const start = marker === null ? 0 : all.findIndex((zone) => zone.id === marker);
    const page = all.slice(start, start + size);
    const next = all[start + size];
    return [
      tag("HostedZones", page.map(hostedZoneXml)),
      tag("IsTruncated", next !== undefined),
      tag("NextMarker", next?.id ?? null),
      tag("MaxItems", size),
    ].join("");
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const send = ({ status, body }: Answer) => response.writeHead(status, { "content-type": "text/xml" }).end(body);
    if (!(request.headers.authorization ?? "").startsWith("AWS4-HMAC-SHA256 Credential=")) {
      return void send(error(403, "MissingAuthenticationToken", "Missing Authentication Token"));
    }
    if (trouble.throttle > 0 || !requests(1)) {
      trouble.throttle = Math.max(0, trouble.throttle - 1);
      count("throttled");
      return void send(error(400, "Throttling", "Rate exceeded"));
    }
    if (trouble.break > 0) {
      trouble.break -= 1;
      return void send(error(503, "ServiceUnavailable", "Service Unavailable"));
    }
    const isWrite = request.method === "POST";
    const result = await answer(
      request.method ?? "",
      new URL(request.url ?? "/", "http://localhost"),
      Buffer.concat(chunks).toString(),
    );
    if (isWrite && trouble.lose > 0) {
      trouble.lose -= 1;
      return void request.socket.destroy();
    }
    send(result);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    zones,
    calls,
    history,
    trouble,
    addZone,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function healthCheckXml(id: string): string {
  const config = tag("HealthCheckConfig", [tag("Type", "TCP")]);
  return tag("HealthCheck", [tag("Id", id), tag("CallerReference", "x"), config, tag("HealthCheckVersion", 1)]);
}

function ok(name: string, content: string, status = 200): Answer {
  return { status, body: `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="${NAMESPACE}">${content}</${name}>` };
}

function error(status: number, code: string, message: string): Answer {
  return { status, body: errorXml(code, message) };
}

function tryParse(text: string): Element | null {
  try {
    const root = parseXml(text);
    return root.attributes.includes(NAMESPACE) ? root : null;
  } catch {
    return null;
  }
}

function bucket(limit: { readonly burst: number; readonly perSecond: number } | null, now: () => number) {
  let tokens = limit?.burst ?? 0;
  let at = now();
  return (count: number): boolean => {
    if (limit === null) return true;
    tokens = Math.min(limit.burst, tokens + ((now() - at) / 1000) * limit.perSecond);
    at = now();
    if (tokens < Math.min(count, limit.burst)) return false;
    tokens -= count;
    return true;
  };
}
