/** The engine on a port: accepts, answers, drains. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { textAnswer } from "../local-answer.ts";
import { CDN_ID } from "../request-headers.ts";
import { ClientConnection, type ConnectionDeps } from "./client-connection.ts";
import type { Engine } from "./engine.ts";
import { Exchange } from "./exchange.ts";
import { ownAnswer } from "./own-answer.ts";
import { RequestRecord } from "./request-record.ts";
import type { Refusal } from "./request-head.ts";

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** What is under way may end for this long after `close`, then it is cut. */
  readonly drainMs: number;
}

export interface EngineServer {
  readonly address: AddressInfo;
  /** Connections open at the moment. */
  connections(): number;
  /** Stops accepting, lets what is under way end for a while, then cuts. */
  close(): Promise<void>;
}

/** Listens and resolves when it does; rejects when the port cannot be had. */
export async function serveHttp1(options: ServerOptions, engine: Engine): Promise<EngineServer> {
  const open = new Set<ClientConnection>();
  const deps: ConnectionDeps = {
    sweep: engine.sweep,
    begin(head, connection) {
      const exchange = new Exchange(engine, connection, head);
      exchange.begin();
      return exchange;
    },
    refuse: (refusal, connection) => refuse(refusal, connection, engine),
    gone: (connection) => void open.delete(connection),
  };
  const accept = (socket: Socket): void => {
    open.add(new ClientConnection(socket, deps, socket.remoteAddress ?? null));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  return {
    address: server.address() as AddressInfo,
    connections: () => open.size,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of open) {
        connection.draining = true;
        if (connection.idle) connection.close();
      }
      const timer = setTimeout(() => {
        for (const connection of open) connection.cut();
      }, options.drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** A request that could not be read is answered, counted, and the last thing that is read from its sender. */
function refuse({ status, code }: Refusal, connection: ClientConnection, engine: Engine): void {
  const record = new RequestRecord(engine, "");
  record.event.code = code;
  const answer = textAnswer(status, "bad request", [["proxy-status", `${CDN_ID}; error=http_request_error`]]);
  connection.write(ownAnswer(answer, { request: null, keepAlive: false, extra: [], date: engine.date }));
  connection.close();
  record.tell(status);
}
