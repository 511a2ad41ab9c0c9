/**
 * A CloudFront distribution with an origin group of two and a function at the origin request, as the developer guide
 * describes it: the function is called once for each member, failover is for GET, HEAD and OPTIONS, nothing is cached.
 */
import { createServer, request as nodeRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerProblem, type Headers, isExposed, requestProblem, type ViewerRequest } from "./cloudfront-rules.ts";
import type { LambdaFunction } from "./lambda-process.ts";

const FAILOVER_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);
const FAILOVER_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** CloudFront tries to connect for 10 s at most unless told otherwise; the module says 1. */
const CONNECT_TIMEOUT_MS = 1000;

export interface Distribution {
  readonly url: string;
  /** Why results of the function were refused. */
  readonly refusals: readonly string[];
  close(): Promise<void>;
}

/** Serves a function; what it refuses is printed, since a viewer is only told 502. `viewer` gives the CloudFront-Viewer fields of a request. */
export async function startDistribution(
  lambda: LambdaFunction,
  viewer: (request: IncomingMessage) => Readonly<Record<string, string>>,
): Promise<Distribution> {
  const refusals: string[] = [];
  let count = 0;
  const server = createServer((incoming, outgoing) => {
    count += 1;
    const requestId = `suite-${count}`;
    serve(incoming, outgoing, requestId).catch((error: unknown) => {
      refusals.push(String(error));
      console.error(`CloudFront refuses: ${String(error)}`);
      if (!outgoing.headersSent) outgoing.writeHead(502, { "x-cache": "LambdaExecutionError from cloudfront" });
      outgoing.end();
    });
  });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse, requestId: string): Promise<void> {
    for (const member of ["1", "2"] as const) {
      const asked = eventRequest(incoming, member, viewer(incoming));
      const config = { distributionId: "SUITE", eventType: "origin-request", requestId };
      const result = (await lambda.invoke({ Records: [{ cf: { config, request: asked } }] })) as ViewerRequest & {
        status?: string;
        body?: string;
      };
      if (result.status !== undefined) {
        const { status, headers, body = "" } = result;
        const problem = answerProblem({ status, headers, body });
        if (problem !== null) throw new Error(problem);
        outgoing.writeHead(Number(status), [...rawOf(headers), "content-length", String(Buffer.byteLength(body))]);
        outgoing.end(incoming.method === "HEAD" ? "" : body);
        return;
      }
      const problem = requestProblem(asked, result);
      if (problem !== null) throw new Error(problem);
      const last = member === "2" || !FAILOVER_METHODS.has(asked.method);
      const answer = await send(result, incoming, outgoing);
      if (outgoing.destroyed) return;
      if (typeof answer === "number") {
        if (!last) continue;
        outgoing.writeHead(answer, { "x-cache": "Error from cloudfront" });
        outgoing.end();
        return;
      }
      if (!last && FAILOVER_STATUSES.has(answer.statusCode ?? 0)) {
        answer.destroy();
        continue;
      }
      relay(answer, incoming, outgoing);
      return;
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refusals,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await lambda.close();
    },
  };
}

function eventRequest(
  incoming: IncomingMessage,
  member: "1" | "2",
  viewer: Readonly<Record<string, string>>,
): ViewerRequest {
  const headers: Headers = {};
  const add = (key: string, value: string) => (headers[key.toLowerCase()] ??= []).push({ key, value });
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    const name = incoming.rawHeaders[index] ?? "";
    // The viewer's own CloudFront fields never reach a function.
    if (isExposed(name.toLowerCase()) && !name.toLowerCase().startsWith("cloudfront-"))
      add(name, incoming.rawHeaders[index + 1] ?? "");
  }
  const clientIp = incoming.socket.remoteAddress ?? "";
  const before = headers["x-forwarded-for"]?.[0]?.value;
  headers["x-forwarded-for"] = [
    { key: "X-Forwarded-For", value: before === undefined ? clientIp : `${before}, ${clientIp}` },
  ];
  add("Via", "1.1 suite.cloudfront.net (CloudFront)");
  add("CloudFront-Forwarded-Proto", "http");
  for (const [name, value] of Object.entries(viewer)) add(name, value);
  const [path = "/", ...query] = (incoming.url ?? "/").split("?");
  const custom = {
    domainName: `member-${member}.invalid`,
    port: 443,
    protocol: "https",
    path: "",
    readTimeout: 30,
    keepaliveTimeout: 5,
    sslProtocols: ["TLSv1.2"],
    customHeaders: { "portolan-member": [{ key: "Portolan-Member", value: member }] },
  };
  return {
    clientIp,
    method: incoming.method ?? "GET",
    uri: path,
    querystring: query.join("?"),
    headers,
    origin: { custom },
  };
}

/** The head of the origin's answer, or the status that CloudFront gives for its absence. */
function send(
  to: ViewerRequest,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<IncomingMessage | 502 | 504> {
  const custom = to.origin?.custom;
  if (custom === undefined) return Promise.resolve(502);
  return new Promise((resolve) => {
    const upstream = nodeRequest({
      host: custom.domainName,
      port: custom.port,
      method: to.method,
      path: `${custom.path}${to.uri}${to.querystring === "" ? "" : `?${to.querystring}`}`,
      headers: rawOf(to.headers),
      agent: false,
    });
    let status: 502 | 504 = 502;
    const late = () => {
      status = 504;
      upstream.destroy(new Error("late"));
    };
    const connecting = setTimeout(late, CONNECT_TIMEOUT_MS);
    upstream.once("socket", (socket) => socket.once("connect", () => clearTimeout(connecting)));
    const reading = setTimeout(late, custom.readTimeout * 1000);
    const settle = () => {
      clearTimeout(connecting);
      clearTimeout(reading);
    };
    outgoing.once("close", () => upstream.destroy());
    upstream.once("error", () => {
      settle();
      resolve(status);
    });
    upstream.once("response", (response) => {
      settle();
      resolve(response);
    });
    if (FAILOVER_METHODS.has(to.method)) upstream.end();
    else incoming.pipe(upstream);
  });
}

const HOP_BY_HOP = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

function relay(answer: IncomingMessage, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const nominated = (answer.headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const fields: string[] = [];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const name = (answer.rawHeaders[index] ?? "").toLowerCase();
    if (!HOP_BY_HOP.test(name) && !nominated.includes(name)) fields.push(name, answer.rawHeaders[index + 1] ?? "");
  }
  outgoing.writeHead(answer.statusCode ?? 502, fields);
  outgoing.flushHeaders();
  answer.once("aborted", () => incoming.socket.destroy());
  answer.pipe(outgoing);
}

function rawOf(headers: Headers): string[] {
  return Object.entries(headers).flatMap(([name, values]) => values.flatMap(({ key, value }) => [key ?? name, value]));
}
