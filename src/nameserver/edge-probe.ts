/** Asks edges whether they accept connections: three that fail take one out, two that succeed bring it back. */
import { connect } from "node:net";
import type { NamedEdge } from "./edges.ts";

export interface EdgeProbes {
  /** Edges that are down, with the cause. Replaced when it changes. */
  down(): ReadonlyMap<string, string>;
  close(): void;
}

export interface EdgeProbeOptions {
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

const FALL = 3;
const RISE = 2;

interface Seen {
  good: number;
  bad: number;
  cause: string;
}

/** Probes until `close`. An edge counts as up until it was found down; it is up while one of its addresses is. */
export function probeEdges(edges: readonly NamedEdge[], options: EdgeProbeOptions): EdgeProbes {
  const seen = new Map<string, Seen>(edges.map(({ name }) => [name, { good: 0, bad: 0, cause: "" }]));
  let down: ReadonlyMap<string, string> = new Map();
  let isClosed = false;
  const probe = async ({ name, addresses }: NamedEdge): Promise<void> => {
    const troubles = await Promise.all(addresses.map((address) => tryConnect(address, options)));
    const state = seen.get(name);
    if (state === undefined || isClosed) return;
    const isUp = troubles.some((trouble) => trouble === null);
    state.good = isUp ? state.good + 1 : 0;
    state.bad = isUp ? 0 : state.bad + 1;
    state.cause = troubles.find((trouble) => trouble !== null) ?? "";
    if (state.bad === FALL && !down.has(name)) down = new Map([...down, [name, state.cause]]);
    if (state.good === RISE && down.has(name)) down = new Map([...down].filter(([other]) => other !== name));
  };
  const round = (): void => {
    for (const edge of edges) void probe(edge);
  };
  round();
  const timer = setInterval(round, options.intervalMs);
  return {
    down: () => down,
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}

/** Null when a connection could be opened, otherwise why not. */
function tryConnect(host: string, { port, timeoutMs }: EdgeProbeOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (cause: string | null): void => {
      socket.destroy();
      resolve(cause);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end(`${host}:${port} does not answer within ${timeoutMs} ms`));
    socket.once("error", (error) => end(error.message));
  });
}
