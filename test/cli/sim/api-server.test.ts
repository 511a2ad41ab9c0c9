import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "../../../src/cli/sim/api-server.ts";
import { type ObjectStore, objectStore } from "../../../src/cli/sim/object-store.ts";

const ingresses = "/apis/networking.k8s.io/v1/ingresses";
const services = "/api/v1/namespaces/default/services";
const service = (name: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }] },
});

describe("startApiServer()", () => {
  let store: ObjectStore;
  let server: ApiServer;

  beforeEach(async () => {
    store = objectStore({ firstVersion: 100, logLength: 5 });
    server = await startApiServer(store, { bookmarkIntervalMs: 20 });
  });
  afterEach(() => server.close());

  async function ask(method: string, path: string, body?: unknown, type: string = "application/json") {
    const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } };
    const response = await fetch(server.url + path, { method, ...init });
    return { code: response.status, body: (await response.json()) as Record<string, never> };
  }
  /** The first events of a watch. */
  async function events(
    path: string,
    count: number,
  ): Promise<{ type: string; object: { metadata: { name?: string }; code?: number } }[]> {
    const response = await fetch(`${server.url}${path}`);
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.split("\n").length > count) break;
    }
    return text
      .split("\n")
      .filter(Boolean)
      .slice(0, count)
      .map((line) => JSON.parse(line));
  }

  test("serves Secrets by name alone, and none of them while that is not permitted", async () => {
    const secrets = "/api/v1/namespaces/default/secrets";
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "tls" }, type: "kubernetes.io/tls" };
    expect((await ask("POST", secrets, secret)).code).toBe(201);
    expect((await ask("GET", `${secrets}/tls`)).body).toMatchObject({ kind: "Secret", type: "kubernetes.io/tls" });
    expect((await ask("GET", `${secrets}/none`)).code).toBe(404);
    for (const path of [secrets, "/api/v1/secrets", `${secrets}?watch=true`, `${secrets}?watch=1&limit=1`]) {
      expect(await ask("GET", path), path).toMatchObject({ code: 403, body: { reason: "Forbidden" } });
    }
    server.permitSecrets(false);
    expect((await ask("GET", `${secrets}/tls`)).code).toBe(403);
    expect((await ask("GET", `${secrets}/none`)).code).toBe(403);
    server.permitSecrets(true);
    expect((await ask("GET", `${secrets}/tls`)).code).toBe(200);
  });

  test("creates, reads, replaces, patches and deletes", async () => {
    expect(await ask("POST", services, service("a"))).toMatchObject({
      code: 201,
      body: { kind: "Service", metadata: { name: "a", namespace: "default", resourceVersion: "101" } },
    });
    expect(await ask("GET", `${services}/a`)).toMatchObject({ code: 200, body: { spec: { ports: [{ port: 80 }] } } });
    const replaced = { ...service("a"), spec: { type: "NodePort", ports: [] } };
    expect(await ask("PUT", `${services}/a`, replaced)).toMatchObject({
      code: 200,
      body: { spec: { type: "NodePort" } },
    });
    const patch = { spec: { type: null, ports: [{ port: 81 }] } };
    expect(await ask("PATCH", `${services}/a`, patch, "application/merge-patch+json")).toMatchObject({
      code: 200,
      body: { spec: { ports: [{ port: 81 }] }, metadata: { resourceVersion: "103" } },
    });
    expect(await ask("DELETE", `${services}/a`)).toMatchObject({ code: 200, body: { status: "Success" } });
    expect(await ask("GET", `${services}/a`)).toMatchObject({
      code: 404,
      body: { kind: "Status", reason: "NotFound" },
    });
  });

  test("refuses in the words of Kubernetes", async () => {
    await ask("POST", services, service("a"));
    expect(await ask("POST", services, service("a"))).toMatchObject({ code: 409, body: { reason: "AlreadyExists" } });
    const stale = { ...service("a"), metadata: { name: "a", resourceVersion: "7" } };
    expect(await ask("PUT", `${services}/a`, stale)).toMatchObject({ code: 409, body: { reason: "Conflict" } });
    expect(await ask("PUT", `${services}/b`, service("b"))).toMatchObject({ code: 404, body: { reason: "NotFound" } });
    expect(await ask("PUT", `${services}/b`, service("a"))).toMatchObject({ code: 404 });
    expect(await ask("POST", services, { metadata: {} })).toMatchObject({ code: 422, body: { reason: "Invalid" } });
    expect(await ask("POST", services, service("a"), "text/plain")).toMatchObject({ code: 415 });
    expect(await ask("GET", "/api/v1/configmaps")).toMatchObject({ code: 404 });
  });

  test("stores an Ingress of a beta as v1", async () => {
    const beta = {
      apiVersion: "extensions/v1beta1",
      kind: "Ingress",
      metadata: { name: "k8shserver" },
      spec: {
        backend: { serviceName: "k8shserver", servicePort: 80 },
        rules: [{ http: { paths: [{ path: "/a", backend: { serviceName: "a", servicePort: "http" } }] } }],
      },
    };
    expect(await ask("POST", "/apis/networking.k8s.io/v1/namespaces/default/ingresses", beta)).toMatchObject({
      body: {
        apiVersion: "networking.k8s.io/v1",
        spec: {
          defaultBackend: { service: { name: "k8shserver", port: { number: 80 } } },
          rules: [
            {
              http: {
                paths: [
                  {
                    path: "/a",
                    pathType: "ImplementationSpecific",
                    backend: { service: { name: "a", port: { name: "http" } } },
                  },
                ],
              },
            },
          ],
        },
      },
    });
  });

  test("lists in pages of one version, without kind and apiVersion in the items", async () => {
    for (const name of ["a", "b", "c"]) await ask("POST", services, service(name));
    const first = await ask("GET", "/api/v1/services?limit=2");
    expect(first.body).toMatchObject({
      kind: "ServiceList",
      metadata: { resourceVersion: "103", remainingItemCount: 1 },
    });
    expect(first.body["items"]).toMatchObject([{ metadata: { name: "a" } }, { metadata: { name: "b" } }]);
    expect(first.body["items"]?.[0]).not.toHaveProperty("kind");
    await ask("POST", services, service("d"));
    const token = String(first.body["metadata"]?.["continue"]);
    const second = await ask("GET", `/api/v1/services?limit=2&continue=${token}`);
    expect(second.body).toMatchObject({ metadata: { resourceVersion: "103" } });
    store.compact();
    expect(await ask("GET", `/api/v1/services?continue=${token}`)).toMatchObject({
      code: 410,
      body: { reason: "Expired" },
    });
  });

  test("watches from a version, with bookmarks", async () => {
    await ask("POST", services, service("a"));
    await ask("POST", services, service("b"));
    const seen = await events("/api/v1/services?watch=true&resourceVersion=101&allowWatchBookmarks=true", 2);
    expect(seen.map(({ type, object }) => [type, object.metadata.name])).toEqual([
      ["ADDED", "b"],
      ["BOOKMARK", undefined],
    ]);
    expect((await events("/api/v1/services?watch=true&resourceVersion=0", 2)).map(({ type }) => type)).toEqual([
      "ADDED",
      "ADDED",
    ]);
  });

  test("ends a watch from a version that is too old with an error, and is silent before one that is still to come", async () => {
    for (const name of ["a", "b", "c", "d", "e", "f", "g"]) await ask("POST", services, service(name));
    expect(store.oldestVersion).toBe(102);
    expect(await events(`${ingresses}?watch=true&resourceVersion=101`, 1)).toMatchObject([
      { type: "ERROR", object: { code: 410 } },
    ]);
    const early = events(`${ingresses}?watch=true&resourceVersion=109`, 1);
    for (const name of ["h", "i", "j"]) await ask("POST", ingresses, { ...service(name), kind: "Ingress" });
    expect(await early).toMatchObject([{ type: "ADDED", object: { metadata: { resourceVersion: "110" } } }]);
  });

  test("answers nobody while it is partitioned", async () => {
    const { signal } = new AbortController();
    expect((await fetch(`${server.url}/readyz`, { signal })).status).toBe(200);
    server.partition(true);
    await expect(fetch(`${server.url}/readyz`, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
    server.partition(false);
    expect(await ask("GET", "/version")).toMatchObject({ code: 200, body: { major: "1" } });
  });
});
