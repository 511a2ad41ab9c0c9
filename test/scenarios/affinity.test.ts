import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { namedOrigin, shopYaml, twoClusters } from "../build/files-edge.ts";
import { eventually } from "./until.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const shop = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: { portolan.dev/affinity: cookie, portolan.dev/affinity-ttl: 1h }
spec:
  rules:
    - host: shop.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: closed
  annotations: { portolan.dev/maintenance: "503", portolan.dev/maintenance-retry-after: 10m, portolan.dev/maintenance-body: back at six }
spec:
  rules:
    - host: closed.example.org
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: shop, port: { number: 80 } } } }] }
`;

interface Answer {
  readonly text: string;
  readonly setCookie: string | null;
  readonly retryAfter: string | undefined;
}

async function ask(url: string, host: string, cookie: string | null): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    request(url, { headers: { host, ...(cookie === null ? {} : { cookie }) } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () =>
        resolve({
          text: `${response.statusCode} ${text.trim()}`,
          setCookie: response.headers["set-cookie"]?.[0]?.split(";", 1)[0] ?? null,
          retryAfter: response.headers["retry-after"],
        }),
      );
    })
      .on("error", reject)
      .end();
  });
}

it("a client keeps its cluster by a signed cookie; a broken pin moves once and stays", async () => {
  const { dir, url, origins } = await twoClusters(shop, closing);
  const first = await ask(url, "shop.example.org", null);
  expect(first).toMatchObject({ text: "200 eu", setCookie: expect.stringMatching(/^__Host-portolan-/) });
  expect(await ask(url, "shop.example.org", first.setCookie)).toMatchObject({ text: "200 eu", setCookie: null });

  const forged = first.setCookie?.replace(".eu.", ".us.") ?? "";
  expect((await ask(url, "shop.example.org", forged)).text).toBe("200 eu");

  // The pinned origin dies in the middle: the same request is answered by the other, whose pin the client gets.
  origins.eu.close();
  origins.eu.closeAllConnections();
  const moved = await ask(url, "shop.example.org", first.setCookie);
  expect(moved).toMatchObject({ text: "200 us", setCookie: expect.stringContaining(".us.") });

  // Another server takes the dead one's place: new clients go there, the moved one stays where it is.
  const again = await namedOrigin("eu again", closing);
  await writeFile(join(dir, "eu", "shop.yaml"), shopYaml(again.port));
  await eventually(
    async () => (await ask(url, "shop.example.org", null)).text,
    (text) => text === "200 eu again",
  );
  expect(await ask(url, "shop.example.org", moved.setCookie)).toMatchObject({ text: "200 us", setCookie: null });
});

it("a host under maintenance answers for itself", async () => {
  const { url } = await twoClusters(shop, closing);
  expect(await ask(url, "closed.example.org", null)).toEqual({
    text: "503 back at six",
    setCookie: null,
    retryAfter: "600",
  });
});
