/** Answers `/~reports/NAME` before the edge registers itself. */
import { KVStore } from "fastly:kv-store";

interface Asked {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
type Register = (type: "fetch", listener: (event: Asked) => void) => void;
declare const globalThis: { addEventListener: Register };

const { addEventListener: register } = globalThis;

globalThis.addEventListener = (type, listener) =>
  register(type, (event) => {
    const path = new URL(event.request.url).pathname;
    if (path.startsWith("/~")) event.respondWith(shown(path.slice(2)));
    else listener(event);
  });

async function shown(key: string): Promise<Response> {
  const entry = await new KVStore("snapshots").get(key);
  return entry === null ? new Response("", { status: 404 }) : new Response(await entry.text());
}
