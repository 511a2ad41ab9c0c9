import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names; repeated fields apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** The one backend of a pretend cluster: does what the test says, and remembers what it was asked. */
export interface TestOrigin {
  readonly name: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Requests under way. */
  busy(): number;
  /** Answers its own name unless told otherwise. */
  behave(behaviour: Behaviour): void;
  /** Nobody listens any more: connections are refused. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** As new: listening, answering its name, nothing seen. */
  reset(): Promise<void>;
}

export async function startOrigin(name: string): Promise<TestOrigin> {
  const answerName: Behaviour = (request, response) => {
    request.resume();
    response.setHeader("content-type", "text/plain");
    response.end(name);
  };
  const seen: SeenRequest[] = [];
  let behaviour = answerName;
  let server: Server | null = null;
  let port = 0;
  let busy = 0;
  const start = async () => {
    if (server !== null) return;
    const fresh = createServer((request, response) => {
      seen.push({ method: request.method ?? "", target: request.url ?? "", headers: fieldsOf(request.rawHeaders) });
      busy += 1;
      response.once("close", () => (busy -= 1));
      behaviour(request, response);
    });
    fresh.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      fresh.once("error", reject);
      fresh.listen(port, "127.0.0.1", () => resolve());
    });
    server = fresh;
    port = (fresh.address() as AddressInfo).port;
  };
  const stop = async () => {
    const old = server;
    if (old === null) return;
    server = null;
    const closed = new Promise<void>((resolve) => old.close(() => resolve()));
    old.closeAllConnections();
    await closed;
  };
  await start();
  return {
    name,
    port,
    seen,
    busy: () => busy,
    behave: (next) => void (behaviour = next),
    stop,
    start,
    async reset() {
      behaviour = answerName;
      seen.length = 0;
      await start();
    },
  };
}

function fieldsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  const fields: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    fields.push([(raw[index] ?? "").toLowerCase(), raw[index + 1] ?? ""]);
  }
  return fields;
}
