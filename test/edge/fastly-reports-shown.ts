/** Answers `/~KEY` out of the KV Store; imported before the edge, whose registration it wraps. */
import { KVStore } from "fastly:kv-store";

interface Asked {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

declare const addEventListener: (type: "fetch", listener: (event: Asked) => void) => void;

const register = addEventListener;

Object.assign(globalThis, {
  addEventListener(type: "fetch", listener: (event: Asked) => void) {
    register(type, (event) => {
      const { pathname } = new URL(event.request.url);
      if (pathname.startsWith("/~")) event.respondWith(shown(pathname.slice(2)));
      else listener(event);
    });
  },
});

/** The value, or 404. */
export async function shown(key: string): Promise<Response> {
  const entry = await new KVStore("snapshots").get(key);
  return entry === null ? new Response("", { status: 404 }) : new Response(await entry.text());
}
