import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { edgeOptions, temporaryFolder, twoClusters } from "../build/files-edge.ts";
import { ask } from "./ask.ts";
import { eventually } from "./until.ts";

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ingressYaml = (host: string) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: ${host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: shop, port: { number: 80 } } }
`;

const world = async () => await twoClusters(ingressYaml("shop.example.org"), closing);

describe("portolan edge --from DIR", () => {
  it("serves the nearest cluster, and takes a good change into use without a lost request", async () => {
    const { dir, url } = await world();
    expect(await ask(url, "shop.example.org")).toBe("200 eu");
    expect(await ask(url, "new.example.org")).toMatch(/^404/);
    await writeFile(join(dir, "tmp"), ingressYaml("new.example.org"));
    await rename(join(dir, "tmp"), join(dir, "shop.yaml"));
    await eventually(
      () => ask(url, "new.example.org"),
      (answer) => answer === "200 eu",
    );
  });

  it("refuses a bad change with file:line:column and keeps the old state", async () => {
    const { dir, url, messages } = await world();
    await writeFile(join(dir, "shop.yaml"), ingressYaml("shop.example.org").replace("pathType", "pathTyp"));
    await eventually(
      async () => messages.join(""),
      (text) => /shop\.yaml:10:13 {2}error .*pathTyp.*did you mean "pathType"/.test(text),
    );
    expect(await ask(url, "shop.example.org")).toBe("200 eu");
  });

  it("lets the only Ingress go when its file is deleted, and takes it back", async () => {
    const { dir, url } = await world();
    const path = join(dir, "shop.yaml");
    await rm(path);
    await eventually(
      () => ask(url, "shop.example.org"),
      (answer) => answer.startsWith("404"),
    );
    await writeFile(path, ingressYaml("shop.example.org"));
    await eventually(
      () => ask(url, "shop.example.org"),
      (answer) => answer === "200 eu",
    );
  });

  it("keeps everything when the directory is emptied, since nobody deletes a whole company", async () => {
    const { dir, url } = await world();
    await rename(dir, `${dir}-gone`);
    closing.push(() => rm(`${dir}-gone`, { recursive: true, force: true }));
    for (let index = 0; index < 20; index += 1) expect(await ask(url, "shop.example.org")).toBe("200 eu");
  });

  it("does not start from a directory with errors, and says where they are", async () => {
    const dir = await temporaryFolder(closing);
    await writeFile(join(dir, "shop.yaml"), ingressYaml("shop..example.org"));
    const options = edgeOptions(dir, { allowPrivateOrigins: false });
    await expect(startFilesEdge(options, { out: () => undefined, err: () => undefined })).rejects.toThrow(
      /shop\.yaml:6:13 {2}error/,
    );
  });
});
