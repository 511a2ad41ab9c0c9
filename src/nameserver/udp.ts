/** Queries over UDP: one socket, one answer for each datagram or none. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { Responder } from "./respond.ts";

export interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  /** Other processes may listen on the same port; the kernel spreads what comes over them. */
  readonly reusePort: boolean;
}

const RECEIVE_BYTES = 4 * 1024 * 1024;

/** Listens; rejects when the port cannot be had. */
export async function listenUdp(
  { host, port, reusePort }: ListenAt,
  responder: Responder,
  now: () => number,
): Promise<Listening> {
  const socket: Socket = createSocket({
    type: host.includes(":") ? "udp6" : "udp4",
    reusePort,
    // Addresses of datagrams are addresses: no name is ever looked up.
    lookup: (name, _options, done) => done(null, name, name.includes(":") ? 6 : 4),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.setRecvBufferSize(RECEIVE_BYTES);
  // An answer that cannot be sent (no route, a full queue) is lost, as UDP allows; the socket stays.
  socket.on("error", () => undefined);
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    // Nobody asks from port 0; answers to it cannot be sent.
    if (from.port === 0) return;
    const answer = responder.respond(message, from.address, { isUdp: true, nowMs: now() });
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
