/** Bytes both ways between a client and an origin, after both have agreed to it. */
import type { ClientConnection } from "./client-connection.ts";
import { endToEnd, type ResponseHead } from "./response-head.ts";
import type { Expiring, Sweep } from "./sweep.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { acceptsHandshake } from "./websocket.ts";
import { statusAndFields } from "./wire.ts";

export interface TunnelStart {
  /** The origin's 101. */
  readonly head: ResponseHead;
  /** `Sec-WebSocket-Key` of the client. */
  readonly key: string;
  /** What the origin sent behind its own head. */
  readonly early: Buffer;
  readonly sweep: Sweep;
}

/** WebSockets are often silent for long, but not for ever: a peer that vanished must not hold two descriptors. */
const IDLE_MS = 3_600_000;

/**
 * Starts a tunnel that lives until both sides have ended, one has broken, or nothing passed for an hour. False when the
 * origin's answer does not accept the client's handshake: then the connection to it is closed and nothing was written.
 */
export function startTunnel(connection: ClientConnection, upstream: UpstreamConnection, start: TunnelStart): boolean {
  if (!acceptsHandshake(start.head.fields, start.key)) {
    upstream.socket.destroy();
    return false;
  }
  const fromClient = connection.detach();
  const client = connection.socket;
  const origin = upstream.socket;
  const { sweep } = start;
  let activeMs = sweep.nowMs;
  const idle: Expiring = {
    check(nowMs) {
      if (nowMs - activeMs >= IDLE_MS) close();
    },
  };
  const close = (): void => {
    sweep.delete(idle);
    client.destroy();
    origin.destroy();
  };
  sweep.add(idle);
  upstream.tunnel = (bytes) => {
    activeMs = sweep.nowMs;
    // Copied: the buffer is the pool's.
    if (!client.write(Buffer.from(bytes))) origin.pause();
  };
  client.on("data", (bytes: Buffer) => {
    activeMs = sweep.nowMs;
    if (!origin.write(bytes)) client.pause();
  });
  client.on("drain", () => origin.resume());
  origin.on("drain", () => client.resume());
  client.on("end", () => origin.end());
  origin.on("end", () => client.end());
  client.on("close", close);
  origin.on("close", close);
  const fields = endToEnd(start.head.fields);
  client.write(`${statusAndFields(101, fields)}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`, "latin1");
  if (start.early.length > 0) upstream.tunnel(start.early);
  if (fromClient.length > 0) origin.write(fromClient);
  if (client.readableEnded) origin.end();
  client.resume();
  return true;
}
