/** A name server on one port, over UDP and TCP. */
import { listenTcp, TCP_LIMITS, type TcpLimits } from "./tcp.ts";
import type { Responder } from "./respond.ts";
import { type Listening, listenUdp } from "./udp.ts";

export interface NameServerOptions {
  readonly host: string;
  /** 0 lets the system choose one that both have free. */
  readonly port: number;
  readonly limits?: TcpLimits;
  /** One process for each core on one port. */
  readonly reusePort?: boolean;
}

const TRIES = 20;

/** Listens on both; rejects when the port cannot be had. */
export async function serveNames(
  options: NameServerOptions,
  responder: Responder,
  now: () => number,
): Promise<Listening> {
  const { host, port, limits = TCP_LIMITS, reusePort = false } = options;
  for (let tried = 1; ; tried += 1) {
    const udp = await listenUdp({ host, port, reusePort }, responder, now);
    try {
      const tcp = await listenTcp({ host, port: udp.port, reusePort, limits }, responder, now);
      return {
        port: udp.port,
        async close() {
          await Promise.all([udp.close(), tcp.close()]);
        },
      };
    } catch (error) {
      await udp.close();
      // The system chose a port that somebody else has for TCP.
      if (port !== 0 || tried === TRIES) throw error;
    }
  }
}
