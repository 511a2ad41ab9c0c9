/** A name server on one port, over UDP and TCP. */
import { parseLiteral } from "../core/address/ip.ts";
import { listenTcp, TCP_LIMITS, type TcpLimits } from "./tcp.ts";
import type { Responder } from "./respond.ts";
import type { CLibrary } from "./c-library.ts";
import { listenBatched } from "./udp-batched.ts";
import { type Listening, listenUdp } from "./udp.ts";

export interface NameServerOptions {
  readonly host: string;
  /** 0 lets the system choose one that both have free. */
  readonly port: number;
  readonly limits?: TcpLimits;
  /** One process for each core on one port. */
  readonly reusePort?: boolean;
  /** Takes datagrams in batches; without it they come one by one by Node's own socket. */
  readonly library?: CLibrary | null;
}

const TRIES = 20;

/** Listens on both; rejects when the port cannot be had. */
export async function serveNames(
  options: NameServerOptions,
  responder: Responder,
  now: () => number,
): Promise<Listening> {
  const { host, port, limits = TCP_LIMITS, reusePort = false, library = null } = options;
  for (let tried = 1; ; tried += 1) {
    const at = { host, port, reusePort };
    const udp =
      library === null || parseLiteral(host) === null
        ? await listenUdp(at, responder, now)
        : listenBatched(at, responder, { library, now });
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
