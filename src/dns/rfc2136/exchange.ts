/** One request over TCP and the messages that answer it (RFC 7766: two bytes of length before each). */
import { connect } from "node:net";

export interface NameServer {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/**
 * Sends the request and gives each message to `onMessage`, until that says `true`: it was the last one. Rejects when the
 * connection breaks or stays silent before; whether the request was carried out is unknown then.
 */
export function exchange(
  server: NameServer,
  request: Uint8Array,
  onMessage: (message: Uint8Array<ArrayBuffer>) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.host, port: server.port });
    let received: Buffer = Buffer.alloc(0);
    let isOver = false;
    const end = (error: Error | null) => {
      if (isOver) return;
      isOver = true;
      socket.destroy();
      if (error === null) resolve();
      else reject(error);
    };
    socket.setTimeout(server.timeoutMs, () => end(new Error(`the server was silent for ${server.timeoutMs} ms`)));
    socket.on("error", end);
    socket.on("close", () => end(new Error("the server closed the connection")));
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      try {
        for (let size = sizeOf(received); size !== null; size = sizeOf(received)) {
          const message = Uint8Array.from(received.subarray(2, 2 + size));
          received = received.subarray(2 + size);
          if (onMessage(message)) return end(null);
        }
      } catch (error) {
        end(error instanceof Error ? error : new Error(String(error)));
      }
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(request.length);
    socket.write(Buffer.concat([length, request]));
  });
}

/** Size of the message at the front if all of it is there. */
function sizeOf(received: Buffer): number | null {
  if (received.length < 2) return null;
  const size = received.readUInt16BE(0);
  return received.length - 2 >= size ? size : null;
}
