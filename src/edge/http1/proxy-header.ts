/** The PROXY header in front of a connection from a load balancer. */
import type { Socket } from "node:net";
import { type ProxyHeader, parseProxyHeader } from "../../core/address/proxy-protocol.ts";

/** As long as a client may take for a head. */
const HEADER_MS = 10_000;

/**
 * Reads the header and hands on the client's address, with the bytes behind the header back in the socket; `address` is
 * null when the load balancer speaks for itself. Whoever may send a header must send one: a connection without is closed,
 * since one that is optional could be left to the client to write.
 */
export function readProxyHeader(socket: Socket, done: (address: string | null) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), HEADER_MS).unref();
  const onError = (): void => void socket.destroy();
  const onEnd = (): void => void socket.destroy();
  const onData = (more: Buffer): void => {
    bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    const header = parseProxyHeader(bytes);
    if (header.kind === "need-more") return;
    clearTimeout(timer);
    socket.pause();
    socket.off("data", onData).off("end", onEnd).off("error", onError);
    finish(header);
  };
  const finish = (header: ProxyHeader): void => {
    if (header.kind !== "proxy" && header.kind !== "local") return void socket.destroy();
    if (header.consumed < bytes.length) socket.unshift(bytes.subarray(header.consumed));
    done(header.kind === "proxy" ? header.source.address.text : null);
  };
  socket.on("error", onError).on("end", onEnd).on("data", onData);
}
