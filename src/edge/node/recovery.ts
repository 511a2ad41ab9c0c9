/** While an origin is ejected it is probed, so that a healed cluster is back within a second and not after 30. */
import { connect } from "node:net";
import type { Edge } from "../edge.ts";

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 800;
const PROBE_TIMEOUT_MS = 1000;
/** DESIGN.md: two good probes make an origin healthy. */
const GOOD_PROBES = 2;

/** Probes ejected origins by TCP connect until `close`; one probe per origin at a time. */
export function probeEjected(edge: Edge, now: () => number): { close(): void } {
  const probing = new Map<string, NodeJS.Timeout>();
  const watch = setInterval(() => {
    for (const [origin, ejection] of edge.state.outliers.ejections) {
      if (ejection.untilMs > now() && !probing.has(origin)) schedule(origin, FIRST_PAUSE_MS, 0);
    }
  }, FIRST_PAUSE_MS / 2).unref();

  function schedule(origin: string, pauseMs: number, good: number): void {
    probing.set(origin, setTimeout(() => void probe(origin, pauseMs, good), pauseMs).unref());
  }
  async function probe(origin: string, pauseMs: number, good: number): Promise<void> {
    const count = (await reaches(origin)) ? good + 1 : 0;
    if (!probing.has(origin)) return;
    if (count >= GOOD_PROBES) edge.returnOrigin(origin, `${GOOD_PROBES} good probes`);
    if (edge.state.outliers.ejections.has(origin))
      schedule(origin, count > 0 ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS), count);
    else probing.delete(origin);
  }
  return {
    close() {
      clearInterval(watch);
      for (const timer of probing.values()) clearTimeout(timer);
      probing.clear();
    },
  };
}

/** Keys are `cluster|protocol://host:port`. */
async function reaches(key: string): Promise<boolean> {
  const authority = key.slice(key.indexOf("://") + 3);
  const colon = authority.lastIndexOf(":");
  const socket = connect({
    host: authority.slice(0, colon),
    port: Number(authority.slice(colon + 1)),
    timeout: PROBE_TIMEOUT_MS,
  });
  return await new Promise((resolve) => {
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket
      .once("connect", () => end(true))
      .once("error", () => end(false))
      .once("timeout", () => end(false));
  });
}
