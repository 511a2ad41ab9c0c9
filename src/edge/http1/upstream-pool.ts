/** Connections to origins, kept for the next request; the one used last is used first, so that the others can go. */
import { isIP } from "node:net";
import type { CircuitLimits } from "../../core/health/circuit.ts";
import type { Origin } from "../../core/model.ts";
import type { UpstreamFailure } from "../upstream.ts";
import { dial, type DialOptions } from "./dial.ts";
import { failed } from "./failures.ts";
import type { NameCache } from "./name-cache.ts";
import type { Expiring, Sweep } from "./sweep.ts";
import { type ConnectionHome, UpstreamConnection } from "./upstream-connection.ts";

export interface PoolOptions extends DialOptions {
  /** Below what servers commonly wait (Node 5 s), so that we close first. */
  readonly idleMs: number;
  readonly names: Pick<NameCache, "resolve" | "holds">;
}

/** What `acquire` gives: at once from the pool, otherwise later. */
export type Acquired = (result: UpstreamConnection | UpstreamFailure) => void;

class OriginPool implements CircuitLimits {
  readonly idle: UpstreamConnection[] = [];
  /** Idle, in use, and being connected. */
  connections = 0;
  /** Being connected: each has a request that waits for it. */
  pending = 0;

  /** HTTP/1.1 has one on each connection that is not idle. */
  get requests(): number {
    return this.connections - this.idle.length;
  }
}

export class UpstreamPool implements Expiring {
  readonly #options: PoolOptions;
  readonly #sweep: Sweep;
  readonly #byText = new Map<string, OriginPool>();
  /** Objects of one snapshot are the same for every request, and quicker to find than their text. */
  readonly #byOrigin = new WeakMap<Origin, OriginPool>();
  readonly #open = new Set<UpstreamConnection>();
  readonly #buffer: Buffer = Buffer.allocUnsafeSlow(65_536);
  #closed = false;

  constructor(options: PoolOptions, sweep: Sweep) {
    this.#options = options;
    this.#sweep = sweep;
    sweep.add(this);
  }

  /**
   * A connection for one request; `fresh` takes none that was used before, and none is opened beyond `connections`.
   * Returns how to give up waiting.
   */
  acquire(origin: Origin, want: { fresh: boolean; connections: number }, done: Acquired): () => void {
    const pool = this.#poolOf(origin);
    for (let idle = want.fresh ? undefined : pool.idle.pop(); idle !== undefined; idle = pool.idle.pop()) {
      if (idle.usable && this.#sweep.nowMs < idle.idleUntilMs) {
        done(idle);
        return nothing;
      }
      idle.destroy();
    }
    if (pool.connections >= want.connections) {
      done(failed("overloaded", true, `the origin has ${pool.connections} connections already`));
      return nothing;
    }
    return this.#connect(origin, pool, done);
  }

  check(nowMs: number): void {
    for (const pool of this.#byText.values()) {
      // The front was idle longest.
      while ((pool.idle[0]?.idleUntilMs ?? Number.POSITIVE_INFINITY) <= nowMs) pool.idle.shift()?.destroy();
    }
  }

  /** What an origin has under way at the moment; live. */
  load(origin: Origin): CircuitLimits {
    return this.#poolOf(origin);
  }

  /** Over all origins. */
  get pending(): number {
    let sum = 0;
    for (const { pending } of this.#byText.values()) sum += pending;
    return sum;
  }

  /** Connections open at the moment. */
  get size(): number {
    return this.#open.size;
  }

  close(): void {
    this.#closed = true;
    this.#sweep.delete(this);
    for (const connection of this.#open) connection.destroy();
  }

  #connect(origin: Origin, pool: OriginPool, done: Acquired): () => void {
    pool.connections += 1;
    pool.pending += 1;
    let connection: UpstreamConnection | null = null;
    const buffer = this.#buffer;
    // One buffer for all: a read is over before the next one begins, and nobody keeps a view.
    const onread = {
      buffer,
      callback: (size: number): boolean => {
        connection?.receive(buffer.subarray(0, size));
        return true;
      },
    };
    return dial(origin, this.#options, onread, (result) => {
      pool.pending -= 1;
      if ("type" in result) {
        pool.connections -= 1;
        done(result);
        return;
      }
      connection = new UpstreamConnection(result, this.#home(pool, origin));
      if (origin.protocol === "https") result.on("data", (bytes: Buffer) => connection?.receive(bytes));
      this.#open.add(connection);
      done(connection);
    });
  }

  #home(pool: OriginPool, { connectHost }: Origin): ConnectionHome {
    const { names } = this.#options;
    const named = isIP(connectHost) === 0;
    return {
      release: (connection, idleMs) => {
        // Under load a connection is never idle: without this it would stay with an address that has long been left.
        const left = named && !names.holds(connectHost, connection.address);
        if (this.#closed || left) return connection.destroy();
        // One second less than the origin says: its clock started earlier.
        const said = idleMs === null ? this.#options.idleMs : Math.min(this.#options.idleMs, idleMs - 1000);
        if (said <= 0) return connection.destroy();
        connection.idleUntilMs = this.#sweep.nowMs + said;
        pool.idle.push(connection);
      },
      gone: (connection) => {
        pool.connections -= 1;
        this.#open.delete(connection);
        const index = pool.idle.indexOf(connection);
        if (index !== -1) pool.idle.splice(index, 1);
      },
    };
  }

  #poolOf(origin: Origin): OriginPool {
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    const { protocol, connectHost, port, serverName, ca, allowedCidrs } = origin;
    const text = `${protocol}://${connectHost}:${port}|${serverName ?? ""}|${ca ?? ""}|${allowedCidrs.join()}`;
    const pool = this.#byText.get(text) ?? new OriginPool();
    this.#byText.set(text, pool);
    this.#byOrigin.set(origin, pool);
    return pool;
  }
}

function nothing(): void {}
