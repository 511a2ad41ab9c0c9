/** One probe on Node: a connection, a handshake, or a request on a connection that stays open between probes. */
import { lookup } from "node:dns";
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { parseCidrs } from "../../core/address/cidr.ts";
import { classifyAddress } from "../../core/address/classify.ts";
import { parseAddress } from "../../core/address/ip.ts";
import { originAddressProblem } from "../../core/address/origin-address.ts";
import { ORIGIN_PROBE, type ProbeResult, type ProbeTarget } from "../../core/health/probes.ts";
import type { Origin } from "../../core/model.ts";

/** What body matching looks at (Route 53 does the same). */
const BODY_BYTES = 5120;
/** No public name ends so (RFC 6761): an ingress controller answers 404 without asking any application. */
const NOBODYS_HOST = "portolan-probe.invalid";
const PRIVATE = parseCidrs(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]).cidrs;

export interface Prober {
  /**
   * `connect` opens a connection and closes it: an application sees no request. `exchange` sends one, which an HTTP
   * health check always does.
   */
  probe(target: ProbeTarget, how: "connect" | "exchange"): Promise<ProbeResult>;
  close(): void;
}

/** Probes with connections of its own, one per target, so that users' requests never wait for one. */
export function nodeProber({ allowPrivateOrigins }: { readonly allowPrivateOrigins: boolean }): Prober {
  const agents = new Map<string, HttpAgent>();
  const agentFor = ({ key, origin }: ProbeTarget): HttpAgent => {
    const known = agents.get(key);
    if (known !== undefined) return known;
    const options = { keepAlive: true, maxSockets: 1, timeout: 60_000 };
    const agent =
      origin.protocol === "https" ? new HttpsAgent({ ...options, ...tlsOptions(origin) }) : new HttpAgent(options);
    agents.set(key, agent);
    return agent;
  };
  const allowed = (address: string): string | null =>
    originAddressProblem(address, { allowedCidrs: PRIVATE, allowPrivateOrigins });
  return {
    async probe(target, how) {
      const { connectHost } = target.origin;
      const problem = isIP(connectHost) === 0 ? null : allowed(connectHost);
      if (problem !== null)
        return { trouble: problem, connected: false, isLocal: false, connectUs: null, exchangeUs: null };
      const lookupChecked = checkedLookup(allowed);
      const asks = target.check === null ? how === "exchange" : target.check.type === "http";
      if (!asks) return await handshake(target, lookupChecked);
      return await exchange(target, agentFor(target), lookupChecked);
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

function exchange(target: ProbeTarget, agent: HttpAgent, checked: LookupFunction): Promise<ProbeResult> {
  const { origin, check } = target;
  const timeoutMs = check?.timeoutMs ?? ORIGIN_PROBE.timeoutMs;
  const started = performance.now();
  let connectUs: number | null = null;
  let openedAt = started;
  let connected = false;
  let isLocal = false;
  let exchangeUs: number | null = null;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const send = origin.protocol === "https" ? httpsRequest : httpRequest;
  const request: ClientRequest = send({
    agent,
    host: origin.connectHost,
    port: check?.port ?? origin.port,
    method: check === null ? "HEAD" : "GET",
    path: check?.path ?? "/",
    headers: { host: hostOf(target), "user-agent": "portolan-probe", accept: "*/*" },
    lookup: checked,
    ...(origin.protocol === "https" ? tlsOptions(origin) : {}),
  });
  const end = (trouble: string | null) => {
    clearTimeout(timer);
    resolve({ trouble, connectUs, exchangeUs, connected, isLocal });
  };
  const timer = setTimeout(() => {
    const what = connected ? "no answer" : "no connection";
    end(`${what} in ${timeoutMs} ms`);
    request.destroy();
  }, timeoutMs);
  request.on("socket", (socket: Socket) => {
    const open = () => {
      connected = true;
      isLocal = isLoopback(socket.remoteAddress);
      openedAt = performance.now();
    };
    if (!socket.connecting) open();
    else {
      socket.once("connect", () => (connectUs = microseconds(performance.now() - started)));
      socket.once(origin.protocol === "https" ? "secureConnect" : "connect", open);
    }
  });
  request.on("response", (response: IncomingMessage) => {
    exchangeUs = microseconds(performance.now() - openedAt);
    void judgeAnswer(target, response).then(end, (error: unknown) => end(words(error)));
  });
  request.on("error", (error) => end(words(error)));
  request.end();
  return promise;
}

/** Reads an answer to its end by events: an iterator would destroy the stream, and the connection with it. */
async function judgeAnswer({ check }: ProbeTarget, response: IncomingMessage): Promise<string | null> {
  let body = "";
  response.on("data", (chunk: Buffer) => {
    if (body.length < BODY_BYTES) body += chunk.toString("latin1");
  });
  await new Promise<void>((resolve, reject) => response.once("end", () => resolve()).once("error", reject));
  if (check === null) return null;
  const status = response.statusCode ?? 0;
  if (status < check.status.from || status > check.status.to) return `status ${status}`;
  const wanted = check.body === null ? "" : Buffer.from(check.body, "utf8").toString("latin1");
  return body.slice(0, BODY_BYTES).includes(wanted) ? null : `the body does not contain "${check.body ?? ""}"`;
}

/** A connection for `tcp`, a handshake with a certificate that verifies for `tls`. */
function handshake({ origin, check }: ProbeTarget, checked: LookupFunction): Promise<ProbeResult> {
  const started = performance.now();
  const timeoutMs = check?.timeoutMs ?? ORIGIN_PROBE.timeoutMs;
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const where = { host: origin.connectHost, port: check?.port ?? origin.port, lookup: checked };
  const tls = check?.type === "tls";
  const socket = tls ? tlsConnect({ ...where, ...tlsOptions(origin) }) : connect(where);
  let connectUs: number | null = null;
  const end = (trouble: string | null) => {
    clearTimeout(timer);
    socket.destroy();
    resolve({ trouble, connected: trouble === null, isLocal, connectUs, exchangeUs: null });
  };
  const timer = setTimeout(() => end(`no connection in ${timeoutMs} ms`), timeoutMs);
  let isLocal = false;
  socket.once("connect", () => {
    connectUs = microseconds(performance.now() - started);
    isLocal = isLoopback(socket.remoteAddress);
  });
  socket.once(tls ? "secureConnect" : "connect", () => end(null));
  socket.once("error", (error) => end(words(error)));
  return promise;
}

function tlsOptions({ serverName, connectHost, ca }: Origin): { servername?: string; ca?: string } {
  const name = serverName ?? connectHost;
  // RFC 6066 §3: an address is no server name.
  return { ...(isIP(name) === 0 ? { servername: name } : {}), ...(ca === null ? {} : { ca }) };
}

function hostOf({ origin, check }: ProbeTarget): string {
  if (check?.host !== null && check?.host !== undefined) return check.host;
  if (origin.host === "public") return check === null ? NOBODYS_HOST : origin.connectHost;
  return origin.host === "origin" ? origin.connectHost : origin.host;
}

/** What a name resolves to is checked when it is connected to: a minute later it may be another address (FM60). */
function checkedLookup(problemOf: (address: string) => string | null): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const good = addresses.filter(({ address }) => problemOf(address) === null);
      const [first] = good;
      if (first === undefined) return callback(new Error(`${hostname} resolves to forbidden addresses only`), []);
      return options.all === true ? callback(null, good) : callback(null, first.address, first.family);
    });
  };
}

function isLoopback(address: string | undefined): boolean {
  const parsed = address === undefined ? null : parseAddress(address);
  return parsed !== null && classifyAddress(parsed) === "loopback";
}

function words(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return words(error.errors[0]);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "refused",
    ECONNRESET: "reset",
    EHOSTUNREACH: "unreachable",
    ENETUNREACH: "unreachable",
    ENOTFOUND: "name not found",
    EAI_AGAIN: "name not found",
  };
  return known[code] ?? (code === "" ? String(error) : code);
}

function microseconds(ms: number): number {
  return Math.max(1, Math.round(ms * 1000));
}
