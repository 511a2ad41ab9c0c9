import type { ServerResponse } from "node:http";
import type { ApiResource } from "./api-resources.ts";
import { failure } from "./api-status.ts";
import type { ObjectStore, StoreEvent } from "./object-store.ts";

/**
 * Answers a watch: what changed since the resourceVersion asked for, then every change, one JSON line each, until the
 * client goes or `timeoutSeconds` are over. As with a real server an expired version is an ERROR event in a stream
 * that began with 200. One that is still to come, after the store was replaced, is waited for in silence.
 */
export function answerWatch(
  store: ObjectStore,
  resource: ApiResource,
  namespace: string | null,
  query: URLSearchParams,
  response: ServerResponse,
  bookmarkIntervalMs: number,
): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  const send = (type: string, object: unknown): void => void response.write(`${JSON.stringify({ type, object })}\n`);
  const asked = query.get("resourceVersion") ?? "";
  const from = Number(asked);
  const isFromNow = asked === "" || asked === "0";
  if (!isFromNow) {
    const problem =
      from < store.oldestVersion
        ? failure("Expired", `too old resource version: ${from} (${store.oldestVersion})`)
        : Number.isNaN(from)
          ? failure("BadRequest", `Invalid value: ${JSON.stringify(asked)}`)
          : null;
    if (problem !== null) {
      send("ERROR", problem.body);
      response.end();
      return;
    }
  }
  const pass = (event: StoreEvent): void => {
    const isAsked = event.plural === resource.plural;
    const isLater = isFromNow || Number(event.object.metadata.resourceVersion) > from;
    if (isAsked && isLater && (namespace === null || event.object.metadata.namespace === namespace))
      send(event.type, event.object);
  };
  if (isFromNow) for (const object of store.list(resource, namespace)) send("ADDED", object);
  else for (const event of store.eventsAfter(from)) pass(event);
  const unsubscribe = store.subscribe(pass);
  const bookmark = (): void => {
    if (!isFromNow && store.version < from) return;
    const metadata = { resourceVersion: String(store.version) };
    send("BOOKMARK", { kind: resource.kind, apiVersion: resource.apiVersion, metadata });
  };
  const wantsBookmarks = query.get("allowWatchBookmarks") === "true";
  const bookmarks = wantsBookmarks ? setInterval(bookmark, bookmarkIntervalMs) : null;
  const seconds = Number(query.get("timeoutSeconds") ?? 0);
  const end = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : null;
  response.on("close", () => {
    unsubscribe();
    if (bookmarks !== null) clearInterval(bookmarks);
    if (end !== null) clearTimeout(end);
  });
}
