/** Requests that a test signs itself, to say what no edge would. */
import { nodeHopKeys } from "../../../src/store/hop-keys-node.ts";
import { parseHopKeys } from "../../../src/store/hop-keys.ts";
import { type Answer, type Ask, ask } from "../../conformance/edge-client.ts";
import { HOST, LINES } from "./world.ts";

const keys = nodeHopKeys(parseHopKeys(LINES.a));

export interface SignedAsk extends Ask {
  readonly backend?: string;
  readonly timeoutMs?: number;
}

/** One signed request to a gateway, over a connection of its own. */
export async function askSigned(url: string, target: string, options: SignedAsk = {}): Promise<Answer> {
  const { method = "GET", backend = "shop/web/80", timeoutMs = 10_000 } = options;
  const headers = {
    ...options.headers,
    "portolan-hop": keys.sign({ method, authority: HOST, target, backend }, Date.now()),
    "portolan-authority": HOST,
    "portolan-backend": backend,
    "portolan-timeout": String(timeoutMs),
  };
  return await ask(url, target, { ...options, host: "gateway.internal", headers });
}
