/** How an edge that reads a store is started in tests. */
import { join } from "node:path";
import type { StoreEdgeOptions } from "../../src/cli/deps.ts";
import { edgeOptions } from "./files-edge.ts";

/** An edge near Frankfurt without a token; `keys` is the folder of `public-keys.json`. */
export function storeEdgeOptions(
  keys: string,
  more: Pick<StoreEdgeOptions, "store"> & Partial<StoreEdgeOptions>,
): StoreEdgeOptions {
  const { from: _from, ...settings } = edgeOptions("");
  return {
    ...settings,
    name: "edge-1",
    publicKeys: join(keys, "public-keys.json"),
    audience: "portolan",
    tokenFile: null,
    cache: null,
    location: { latitude: 50, longitude: 8 },
    ...more,
  };
}
