/** An API server that takes bearer tokens alone, in front of another one that asks nobody; over TLS by a private CA. */
import { request as ask } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Pair } from "../kube/access/authority.ts";

export interface TokenApi {
  readonly url: string;
  /** Tokens that it took, and how often it refused. */
  readonly seen: { readonly tokens: Set<string>; refused: number };
  close(): Promise<void>;
}

export async function startTokenApi(
  behind: string,
  serving: Pair,
  problemOf: (token: string) => string | null,
): Promise<TokenApi> {
  const seen = { tokens: new Set<string>(), refused: 0 };
  const server = createServer(serving, (request, response) => {
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const problem = problemOf(token);
    if (problem !== null) {
      seen.refused += 1;
      response.writeHead(401, { "content-type": "application/json" });
      response.end(JSON.stringify({ kind: "Status", code: 401, reason: "Unauthorized", message: problem }));
      return;
    }
    seen.tokens.add(token);
    const onward = ask(new URL(request.url ?? "/", behind), { method: request.method, headers: { accept: "*/*" } });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
