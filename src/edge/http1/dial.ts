/** A connection to an origin: its name resolved, every address checked, addresses raced (RFC 8305), TLS verified. */
import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectAddressProblem } from "../../core/address/origin-address.ts";
import type { Origin } from "../../core/model.ts";
import type { UpstreamFailure } from "../upstream.ts";
import { connectFailure, failed } from "./failures.ts";
import type { NameCache } from "./name-cache.ts";

export interface DialOptions {
  /** Loopback and private addresses may be origins; metadata addresses never. */
  readonly allowPrivateOrigins: boolean;
  readonly connectTimeoutMs: number;
  readonly names: Pick<NameCache, "resolve">;
  /** PEM of our own certificate and key for origins that ask for one; null without. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | null;
}

export type DialResult = Socket | UpstreamFailure;

/** RFC 8305 §5. */
const ATTEMPT_DELAY_MS = 250;

/**
 * Calls `done` once, with a connected socket or with a failure that proves that nothing was sent. `onread` is for plain
 * sockets only: a socket of an https origin emits `data`. The function returned gives up.
 */
export function dial(
  origin: Origin,
  options: DialOptions,
  onread: OnReadOpts,
  done: (result: DialResult) => void,
): () => void {
  const sockets = new Set<Socket>();
  let delay: NodeJS.Timeout | null = null;
  let over = false;
  let lastError = new Error("no address");
  const end = (result: DialResult): void => {
    if (over) return;
    over = true;
    clearTimeout(limit);
    if (delay !== null) clearTimeout(delay);
    for (const socket of sockets) if (socket !== result) socket.destroy();
    done(result);
  };
  const limit = setTimeout(
    () => end(failed("connect-timeout", true, `no connection in ${options.connectTimeoutMs} ms`)),
    options.connectTimeoutMs,
  );
  const plain = origin.protocol === "http";

  const attempt = (addresses: readonly string[], index: number): void => {
    const address = addresses[index];
    if (over || address === undefined) return;
    if (delay !== null) clearTimeout(delay);
    delay = setTimeout(() => attempt(addresses, index + 1), ATTEMPT_DELAY_MS);
    const socket = connect({
      host: address,
      port: origin.port,
      allowHalfOpen: true,
      noDelay: true,
      ...(plain ? { onread } : {}),
    });
    sockets.add(socket);
    socket.once("connect", () => {
      // The address that was reached counts, not the one that was meant (CVE-2020-8562).
      const problem = addressProblem(socket.remoteAddress ?? "", origin, options);
      if (problem !== null) end(failed("forbidden-address", true, problem));
      else if (plain) end(socket);
      else secure(socket);
    });
    socket.once("error", (error) => {
      sockets.delete(socket);
      lastError = error;
      if (index + 1 < addresses.length) attempt(addresses, index + 1);
      else if (sockets.size === 0) end(connectFailure(lastError));
    });
  };
  const secure = (socket: Socket): void => {
    const { serverName, connectHost, ca } = origin;
    const name = serverName ?? connectHost;
    const tls = connectTls({
      socket,
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(ca === null ? {} : { ca }),
      ...options.clientCertificate,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["http/1.1"],
    });
    // What is below belongs to it from here on: destroying that alone crashes Node.
    sockets.delete(socket);
    sockets.add(tls);
    tls.once("secureConnect", () => end(tls));
    tls.once("error", (error) => end(failed("tls", true, error.message)));
    tls.once("close", () => end(failed("tls", true, "the origin closed the connection in the handshake")));
  };

  if (isIP(origin.connectHost) !== 0) start([origin.connectHost]);
  else {
    options.names.resolve(origin.connectHost).then(
      (found) => start(interleaved(found)),
      (error: unknown) =>
        end(failed("name-not-found", true, `${origin.connectHost} cannot be resolved: ${String(error)}`)),
    );
  }
  function start(found: readonly string[]): void {
    const allowed = found.filter((address) => addressProblem(address, origin, options) === null);
    if (allowed.length > 0) return attempt(allowed, 0);
    const problem = addressProblem(found[0] ?? "", origin, options);
    // In its own turn: nobody expects `done` before `dial` has returned.
    process.nextTick(() =>
      end(failed("forbidden-address", true, `${origin.connectHost} ${problem ?? "has no address"}`)),
    );
  }
  return () => end(failed("client-gone", true, "given up"));
}

function addressProblem(address: string, origin: Origin, { allowPrivateOrigins }: DialOptions): string | null {
  const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  return connectAddressProblem(plain, origin, allowPrivateOrigins);
}

/** RFC 8305 §4: the families by turns, beginning with the resolver's first choice. */
function interleaved(addresses: readonly string[]): string[] {
  const first = isIP(addresses[0] ?? "");
  const mine = addresses.filter((address) => isIP(address) === first);
  const other = addresses.filter((address) => isIP(address) !== first);
  const mixed: string[] = [];
  for (let index = 0; index < addresses.length; index += 1) {
    for (const list of [mine, other]) {
      const address = list[index];
      if (address !== undefined) mixed.push(address);
    }
  }
  return mixed;
}
