import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { tokenSource } from "../../src/kube/access/credential.ts";
import { apiReader } from "../../src/kube/api-reader.ts";
import { MEMBER_RESOURCES } from "../../src/kube/resources.ts";
import type { ObjectReader } from "../../src/kube/reader.ts";
import { kubeReaderSuite } from "../conformance/kube-reader.ts";
import { until } from "../conformance/until.ts";
import { startSimApi } from "./sim-api.ts";

kubeReaderSuite("the pretended API server", startSimApi);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server whose every answer the test writes. */
async function scripted(
  answer: (request: IncomingMessage, response: ServerResponse, path: string) => void,
): Promise<string> {
  const server: Server = createServer((request, response) =>
    answer(request, response, request.url?.split("?")[0] ?? ""),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function reader(server: string, access: object = {}, options: object = {}): ObjectReader {
  const backoff = { baseMs: 10, capMs: 50 };
  const made = apiReader({ cluster: "fra", server, ...access }, { backoff, random: () => 0.5, ...options });
  closing.push(() => made.close());
  return made;
}

function isWatch(request: IncomingMessage): boolean {
  return request.url?.includes("watch=true") ?? false;
}

function openWatch(response: ServerResponse): void {
  response.writeHead(200).flushHeaders();
}

function refuse(
  response: ServerResponse,
  code: number,
  headers: Record<string, string> = {},
  body: unknown = {},
): void {
  response.writeHead(code, headers).end(JSON.stringify(body));
}

function sendList(response: ServerResponse, items: unknown[] = []): void {
  response.end(JSON.stringify({ kind: "List", metadata: { resourceVersion: "5" }, items }));
}

test("apiReader() asks for the credentials again after a 401", async () => {
  const tokens = ["old", "new"];
  const server = await scripted((request, response) => {
    if (request.headers.authorization !== "Bearer new") return refuse(response, 401);
    if (isWatch(request)) return openWatch(response);
    return sendList(response);
  });
  const made = reader(server, { credentials: tokenSource(() => tokens.shift() ?? "new", "the token") });
  await made.start();
  expect(made.observe()).toMatchObject({ reachable: true, complete: true });
});

test("apiReader() waits as long as Retry-After says after a 429", async () => {
  const times: number[] = [];
  const server = await scripted((request, response, path) => {
    if (isWatch(request)) return openWatch(response);
    if (!path.endsWith("/ingresses")) return sendList(response);
    times.push(performance.now());
    if (times.length === 1) return refuse(response, 429, { "retry-after": "1" });
    return sendList(response);
  });
  const made = reader(server);
  await made.start();
  expect(made.observe()).toMatchObject({ reachable: false, complete: false });
  expect(made.observe().error).toContain("the API answered 429");
  await until(made, ({ reachable }) => reachable);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
});

test("apiReader() gives up a watch that is silent and opens it again", async () => {
  let watches = 0;
  const service = { metadata: { name: "late", resourceVersion: "6" }, spec: { ports: [{ port: 80 }] } };
  const server = await scripted((request, response, path) => {
    if (!isWatch(request)) return sendList(response);
    response.writeHead(200).flushHeaders();
    if (!path.endsWith("/services")) return;
    watches += 1;
    if (watches === 2) response.write(`${JSON.stringify({ type: "ADDED", object: service })}\n`);
  });
  const made = reader(server, {}, { silenceMs: 200 });
  await made.start();
  await until(made, ({ objects }) => objects.services.length === 1);
  expect(watches).toBeGreaterThanOrEqual(2);
});

test("apiReader() leaves out an object it cannot read, says so, and keeps the others", async () => {
  const items = [
    { metadata: { name: "good" }, spec: { ports: [{ port: 80 }], fieldFromTheFuture: 1 } },
    { metadata: { name: "bad" }, spec: { ports: [{ port: "80" }] } },
  ];
  const server = await scripted((request, response, path) => {
    if (isWatch(request)) return openWatch(response);
    return sendList(response, path.endsWith("/services") ? items : []);
  });
  const made = reader(server);
  await made.start();
  const { objects, problems } = made.observe();
  expect(objects.services.map(({ meta }) => meta.name)).toEqual(["good"]);
  expect(problems).toMatchObject([{ severity: "error", cluster: "fra", object: "Service default/bad" }]);
});

test("apiReader() takes a broken event for a reason to list again", async () => {
  let lists = 0;
  const server = await scripted((request, response, path) => {
    if (isWatch(request)) {
      response.writeHead(200).flushHeaders();
      if (path.endsWith("/services") && lists === 1) response.write("{not json\n");
      return;
    }
    if (path.endsWith("/services")) lists += 1;
    sendList(
      response,
      path.endsWith("/services") && lists > 1 ? [{ metadata: { name: "a" }, spec: { ports: [{ port: 1 }] } }] : [],
    );
  });
  const made = reader(server);
  await made.start();
  await until(made, ({ objects }) => objects.services.length === 1);
});

test("apiReader() says which resource it may not read", async () => {
  const server = await scripted((request, response, path) => {
    if (isWatch(request)) return openWatch(response);
    if (!path.endsWith("/endpointslices")) return sendList(response);
    return refuse(response, 403, {}, { kind: "Status", reason: "Forbidden", message: 'user "x" secret' });
  });
  const made = reader(server);
  await made.start();
  const { error, complete } = made.observe();
  expect(error).toMatch(/\/apis\/discovery\.k8s\.io\/v1\/endpointslices: the API answered 403 Forbidden$/);
  expect(complete).toBe(false);
});

test("apiReader() lists again after a time without /readyz, although its watches stayed open", async () => {
  let isReady = true;
  let items: unknown[] = [];
  const server = await scripted((request, response, path) => {
    if (path === "/readyz") return isReady ? sendList(response) : refuse(response, 500);
    if (isWatch(request)) return openWatch(response);
    return sendList(response, path.endsWith("/services") ? items : []);
  });
  const made = reader(server, {}, { livenessIntervalMs: 20, livenessFailures: 2 });
  await made.start();
  isReady = false;
  const lost = await until(made, ({ reachable }) => !reachable);
  expect(lost.error).toMatch(/\/readyz: the API answered 500$/);
  items = [{ metadata: { name: "new" }, spec: { ports: [{ port: 80 }] } }];
  isReady = true;
  await until(made, ({ reachable, objects }) => reachable && objects.services.length === 1);
});

test("apiReader() lists again at once when its version has expired", async () => {
  const expired = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };
  let lists = 0;
  const server = await scripted((request, response, path) => {
    if (path.endsWith("/services")) {
      if (!isWatch(request)) lists += 1;
      else if (lists === 1) return void response.end(`${JSON.stringify(expired)}\n`);
    }
    if (isWatch(request)) return openWatch(response);
    return sendList(response, lists > 1 ? [{ metadata: { name: "new" }, spec: { ports: [{ port: 80 }] } }] : []);
  });
  const made = reader(server, {}, { backoff: { baseMs: 3_600_000, capMs: 3_600_000 } });
  await made.start();
  await until(made, ({ objects }) => objects.services.length === 1);
});

test("apiReader() lists no more than once a second, whatever the API answers to its watches", async () => {
  const expired = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };
  let lists = 0;
  const server = await scripted((request, response) => {
    if (isWatch(request)) {
      response.end(`${JSON.stringify(expired)}\n`);
      return;
    }
    lists += 1;
    sendList(response);
  });
  const made = reader(server);
  await made.start();
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  // All resources may begin at once, twice.
  const burst = 2 * MEMBER_RESOURCES.length;
  expect(lists).toBeLessThanOrEqual(burst + Math.ceil((performance.now() - startedMs) / 1000) + 1);
  expect(lists).toBeGreaterThan(burst);
});

test("apiReader() is not led astray by events that come twice, or late", async () => {
  const service = (version: number, port: number, uid = "a") => ({
    metadata: { name: "web", uid, resourceVersion: String(version) },
    spec: { ports: [{ port }] },
  });
  const lines: object[] = [
    { type: "ADDED", object: service(10, 80) },
    { type: "MODIFIED", object: service(12, 82) },
    { type: "MODIFIED", object: service(11, 81) },
    { type: "MODIFIED", object: service(12, 82) },
  ];
  let send: (line: object) => void = () => undefined;
  const server = await scripted((request, response, path) => {
    if (!isWatch(request)) return sendList(response);
    openWatch(response);
    if (!path.endsWith("/services")) return;
    send = (line) => void response.write(`${JSON.stringify(line)}\n`);
    for (const line of lines) send(line);
  });
  const made = reader(server);
  await made.start();
  const port = () => made.observe().objects.services[0]?.ports[0]?.port;
  await until(made, () => port() === 82);
  send({ type: "DELETED", object: service(13, 82) });
  send({ type: "MODIFIED", object: service(11, 81) });
  send({
    type: "ADDED",
    object: { metadata: { name: "mark", uid: "m", resourceVersion: "14" }, spec: { ports: [{ port: 1 }] } },
  });
  await until(made, ({ objects }) => objects.services.some(({ meta }) => meta.name === "mark"));
  expect(made.observe().objects.services.map(({ meta }) => meta.name)).toEqual(["mark"]);
  // One that was made anew is another object, whatever its version.
  send({ type: "ADDED", object: service(9, 90, "b") });
  await until(made, ({ objects, deleted }) => objects.services.length === 2 && !deleted.has("Service/default/web"));
});

test("apiReader() reads a cluster without the Multi-Cluster Services API completely, and with it as soon as it is there", async () => {
  let state: "none" | "forbidden" | "there" = "none";
  let exports = 0;
  const server = await scripted((request, response, path) => {
    if (!path.endsWith("/serviceexports")) return isWatch(request) ? openWatch(response) : sendList(response);
    exports += 1;
    if (state !== "there") return refuse(response, state === "none" ? 404 : 403);
    if (isWatch(request)) return openWatch(response);
    return sendList(response, [{ metadata: { name: "db", namespace: "shop" } }]);
  });
  const made = reader(server, {}, { absentMs: 100 });
  await made.start();
  expect(made.observe()).toMatchObject({ reachable: true, complete: true, error: null });
  expect(made.observe().objects.serviceExports).toEqual([]);
  state = "forbidden";
  const seen = exports;
  await expect.poll(() => exports, { timeout: 10_000 }).toBeGreaterThan(seen + 2);
  expect(made.observe()).toMatchObject({ reachable: true, complete: true, error: null });
  state = "there";
  await until(made, ({ objects }) => objects.serviceExports.length === 1);
  expect(made.observe().objects.serviceExports[0]?.meta).toMatchObject({ namespace: "shop", name: "db" });
});

test("apiReader() keeps exports that are refused later, and counts a server error as unreachable", async () => {
  let code = 0;
  const server = await scripted((request, response, path) => {
    if (!path.endsWith("/serviceexports")) return isWatch(request) ? openWatch(response) : sendList(response);
    if (code !== 0) return refuse(response, code);
    // A watch that ends at once makes the reader ask again and again.
    if (isWatch(request)) return void response.writeHead(200).end();
    return sendList(response, [{ metadata: { name: "db" } }]);
  });
  const made = reader(server, {}, { absentMs: 100 });
  await made.start();
  code = 403;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(made.observe()).toMatchObject({ reachable: true, error: null });
  expect(made.observe().objects.serviceExports).toHaveLength(1);
  code = 500;
  await until(made, ({ reachable }) => !reachable);
  expect(made.observe().objects.serviceExports).toHaveLength(1);
});
