/** The admin listener, apart from the data port: on the data port every path belongs to the users' routes. */
import { Hono } from "hono";
import type { HealthEvent } from "../core/health/model.ts";
import { RESOURCES, type ResourceLists } from "../core/listing/resource.ts";

export interface AdminDeps {
  /** Prometheus text, version 0.0.4. */
  readonly metricsText: () => string | Promise<string>;
  /** Null when ready, otherwise why not. */
  readonly notReady: () => string | null;
  /** Anything that can be printed as JSON. */
  readonly status: () => Promise<unknown>;
  /** What `portolan get` prints. */
  readonly resources?: () => Promise<ResourceLists>;
  /** Changes of state with their causes, oldest first. */
  readonly events?: () => Promise<readonly HealthEvent[]>;
  /** Decisions as they happen, JSON lines; ends when the reader cancels. Null when there is nothing to listen to. */
  readonly tap?: (filter: Readonly<Record<string, string>>) => ReadableStream<Uint8Array>;
  /** What this edge would decide about a request (JSON) now; a `RangeError` is answered with 400 and its message. */
  readonly explain?: (asked: string) => Promise<unknown>;
  /** `POST` paths and what they do; a `RangeError` is answered with 404 and its message. */
  readonly actions: ReadonlyMap<string, AdminAction>;
}

/** Resolves to what it did, or to why not and what to try; the latter is answered with 409. */
export type AdminAction = (argument: string, query: Readonly<Record<string, string>>) => Promise<string | Refused>;

export interface Refused {
  readonly problem: string;
  readonly next: string;
}

/** `/healthz`, `/readyz`, `/metrics`, `/status`, and `POST /<action>/<argument>`. */
export function adminApi(deps: AdminDeps): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const refusal = whyForeign(context.req.header("host"), context.req.header("origin"));
    if (refusal !== null)
      return context.json({ error: refusal, next: "call it by its address, from the machine itself" }, 403);
    await next();
    return undefined;
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    const reason = deps.notReady();
    return reason === null ? context.text("ok\n") : context.text(`not ready: ${reason}\n`, 503);
  });
  app.get("/metrics", async (context) => {
    context.header("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return context.body(await deps.metricsText());
  });
  app.get("/status", async (context) => context.json(await deps.status()));
  const { events, tap, resources, explain } = deps;
  if (resources !== undefined) {
    for (const name of RESOURCES) {
      app.get(`/resources/${name}`, async (context) => context.json({ items: (await resources())[name] }));
    }
  }
  if (events !== undefined) app.get("/events", async (context) => context.json(await events()));
  if (tap !== undefined) {
    app.get("/tap", (context) => {
      context.header("content-type", "application/x-ndjson");
      return context.body(tap(context.req.query()));
    });
  }
  if (explain !== undefined) {
    app.post("/explain", async (context) => {
      try {
        return context.json(await explain(await context.req.text()));
      } catch (error) {
        if (error instanceof RangeError)
          return context.json({ error: error.message, next: "portolan help explain" }, 400);
        throw error;
      }
    });
  }
  for (const [path, act] of deps.actions) {
    app.post(`${path}/:argument`, async (context) => {
      try {
        const result = await act(context.req.param("argument"), context.req.query());
        if (typeof result !== "string") return context.json({ error: result.problem, next: result.next }, 409);
        return context.json({ did: result });
      } catch (error) {
        if (error instanceof RangeError) return context.json({ error: error.message, next: "portolan status" }, 404);
        throw error;
      }
    });
  }
  app.notFound((context) =>
    context.json({ error: `Cannot find ${context.req.path}: the admin API has no such path` }, 404),
  );
  app.onError((error, context) => context.json({ error: `Cannot answer: ${error.message}` }, 500));
  return app;
}

/**
 * A web page must not reach the admin port through its visitor's browser: neither from another origin, nor by a name
 * of its own that resolves to this machine (DNS rebinding). Names are refused, addresses and localhost are fine.
 */
function whyForeign(host: string | undefined, origin: string | undefined): string | null {
  if (origin !== undefined) return "Cannot answer a web page of another origin";
  const name = (host ?? "").replace(/:\d*$/, "");
  if (name === "localhost" || /^[\d.]+$/.test(name) || /^\[[\da-f:.]+\]$/i.test(name)) return null;
  return `Cannot answer for the host "${name}": the admin API is known by address only`;
}
