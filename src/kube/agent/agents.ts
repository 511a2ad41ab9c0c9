import type { ClusterObject } from "../../core/objects.ts";
import type { ObjectReader } from "../reader.ts";
import { type AgentReader, agentReader, type Sequence } from "./agent-reader.ts";
import { readMessage, readSigned } from "./message.ts";

export interface AgentsDeps {
  readonly verify: (text: string, keyId: string, signature: string) => Promise<boolean>;
  /** The sequence that was taken last, kept across restarts so that nothing can be replayed. */
  readonly recall: (cluster: string) => Promise<Sequence | null>;
  readonly remember: (cluster: string, sequence: Sequence) => Promise<void>;
  readonly claimClassless: boolean;
  readonly silenceMs: number;
  readonly now: () => number;
}

/** What an agent is answered: `Resend` asks it to say everything, the rest are refusals. */
export type Reception = "Taken" | "Replay" | "Resend" | "Invalid" | "Unauthorized" | "Unknown";

export interface Agents {
  /** Readers of the Clusters whose `access` is an agent, sorted by name. */
  readers(): readonly ObjectReader[];
  keep(clusters: readonly ClusterObject[]): Promise<void>;
  onChange(listener: () => void): void;
  /** Takes the body of a request for one cluster. */
  receive(cluster: string, body: unknown): Promise<Reception>;
  close(): Promise<void>;
}

/** Nobody yet: call `keep`. The id of an agent's key is the name of its cluster, so that it can speak for no other. */
export function agents(deps: AgentsDeps): Agents {
  const known = new Map<string, AgentReader>();
  const listeners: (() => void)[] = [];
  /** One message of a cluster after the other. */
  const turns = new Map<string, Promise<unknown>>();
  const tell = () => {
    for (const listener of listeners) listener();
  };

  async function take(cluster: string, body: unknown): Promise<Reception> {
    const signed = readSigned(body);
    if (signed === null) return "Invalid";
    if (signed.keyId !== cluster || !(await deps.verify(signed.payload, signed.keyId, signed.signature))) {
      return "Unauthorized";
    }
    const message = readMessage(signed.payload);
    if (message === null || message.cluster !== cluster) return "Invalid";
    const reader = known.get(cluster);
    if (reader === undefined) return "Unknown";
    const result = reader.receive(message);
    if (result === "replay") return "Replay";
    if (result === "resend") return "Resend";
    await deps.remember(cluster, { epoch: message.epoch, counter: message.counter });
    return "Taken";
  }

  return {
    readers: () => [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reader]) => reader),
    async keep(clusters) {
      const named = new Set(clusters.flatMap(({ meta, access }) => (access === "agent" ? [meta.name] : [])));
      for (const [name, reader] of known) {
        if (named.has(name)) continue;
        known.delete(name);
        await reader.close();
        tell();
      }
      for (const cluster of named) {
        if (known.has(cluster)) continue;
        const { claimClassless, silenceMs, now } = deps;
        const last = await deps.recall(cluster);
        if (known.has(cluster)) continue;
        const reader = agentReader({ cluster, claimClassless, last, silenceMs, now });
        reader.onChange(tell);
        known.set(cluster, reader);
        tell();
      }
    },
    onChange: (listener) => void listeners.push(listener),
    async receive(cluster, body) {
      const before = turns.get(cluster) ?? Promise.resolve();
      const turn = before.then(() => take(cluster, body));
      const settled = turn.catch(() => undefined);
      turns.set(cluster, settled);
      return await turn;
    },
    async close() {
      await Promise.all([...known.values()].map((reader) => reader.close()));
    },
  };
}
