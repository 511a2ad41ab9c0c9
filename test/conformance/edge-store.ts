import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryStore } from "../../src/store/memory.ts";
import { type TextStore, textStore } from "../../src/store/text.ts";

/** A store that edges read over HTTP: `GET /<key>` with ETags, also in the spelling of workerd's KV bindings. */
export interface EdgeStoreServer {
  readonly url: string;
  readonly store: TextStore;
  /** Deletes everything that begins so. */
  forget(prefix: string): Promise<void>;
  /** `down` cuts every connection, `hanging` never answers. */
  become(state: "up" | "down" | "hanging"): void;
  /** Reads that were begun since it became what it is. */
  asked(): number;
  close(): Promise<void>;
}

export async function startEdgeStore(): Promise<EdgeStoreServer> {
  const memory = memoryStore();
  const store = textStore(memory);
  let state: "up" | "down" | "hanging" = "up";
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (state === "down") request.socket.destroy();
    if (state === "up") answer(request, response);
  });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? "/", "http://store.example.org").pathname;
    const key = decodeURIComponent(path.slice(1));
    void store.get(key).then((text) => {
      const etag = `"${createHash("sha256")
        .update(text ?? "")
        .digest("hex")}"`;
      if (text === null) response.writeHead(404).end();
      else if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag }).end(text);
    });
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    async forget(prefix) {
      for (const key of await memory.list(prefix)) await memory.delete(key);
    },
    become(next) {
      state = next;
      asked = 0;
      // Connections that are kept alive would outlive the change.
      server.closeAllConnections();
    },
    asked: () => asked,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
