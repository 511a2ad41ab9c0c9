import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Explanation } from "../../src/core/explain.ts";
import { main } from "../../src/cli/main.ts";
import { writeMmdb } from "../../src/locate/mmdb-writer.ts";
import { openDatabase } from "../../workers/database.ts";
import { debugToken } from "../../workers/debug-token.ts";
import { openDnsSession } from "../../workers/dns-session.ts";
import { startFilesEdge } from "../../workers/files-edge.ts";
import { startGateway } from "../../workers/gateway.ts";
import { loadTree, validate } from "../../workers/manifests.ts";
import { jsonSchema, SCHEMA_KINDS } from "../../src/kube/schema/json-schema.ts";
import { startUp } from "../../workers/up.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/three-clusters");
const folder = mkdtempSync(join(tmpdir(), "portolan-cli-"));
const EMPTY = join(folder, "empty");
mkdirSync(EMPTY);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    loadTree,
    validate,
    debugToken,
    openLocator: openDatabase,
    openDns: openDnsSession,
    startEdge: startFilesEdge,
    startGateway,
    startUp,
    jsonSchema,
    schemaKinds: SCHEMA_KINDS,
    untilStopped: async () => undefined,
    version: "test",
  });
  return { code, out, err };
}

function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const explainJson = async (...args: readonly string[]) =>
  JSON.parse((await run("explain", "--from", EXAMPLE, "-o", "json", ...args)).out) as Explanation;

describe("portolan explain", () => {
  it("says where a request goes, by what, and why not elsewhere", async () => {
    const explanation = await explainJson(
      "http://shop.example.org/a/../cart?x=1",
      "--client",
      "DE",
      "--down",
      "us-east1",
    );
    expect(explanation).toMatchObject({
      action: "forward",
      status: null,
      route: {
        namespace: "shop",
        ingress: "shop",
        host: "shop.example.org",
        path: "/",
        pathType: "Prefix",
        service: "shop",
        port: "http",
      },
      forwardPath: "/cart?x=1",
      client: { location: { country: "DE", continent: "EU" }, source: "country" },
      vantage: { of: "client" },
      candidates: [{ cluster: "eu-west-1", basis: "distance" }, { cluster: "japaneast" }],
      excluded: [{ cluster: "us-east1", code: "down" }],
    });
  });

  it("counts the edge's own place where it is given", async () => {
    const explanation = await explainJson(
      "http://shop.example.org/",
      "--client",
      "DE",
      "--location",
      "azure/japaneast",
    );
    expect(explanation).toMatchObject({ vantage: { of: "edge" }, candidates: [{ cluster: "japaneast" }, {}, {}] });
  });

  it("locates addresses with a database", async () => {
    const networks = [
      {
        cidr: "203.0.113.0/24",
        value: { country: { iso_code: "JP" }, location: { latitude: 35.7, longitude: 139.7 } },
      },
    ];
    const path = file("geo.mmdb", writeMmdb({ databaseType: "Test", ipVersion: 6, buildEpoch: 1, networks }));
    const explanation = await explainJson("http://shop.example.org/", "--client", "203.0.113.7", "--geoip", path);
    expect(explanation).toMatchObject({
      client: { address: "203.0.113.7", class: "documentation", source: "database" },
      candidates: [{ cluster: "japaneast" }, {}, {}],
    });
  });

  it.each([
    ["http://shop..example.org/", 400, "bad-host"],
    ["http://shop.example.org/%zz", 400, "bad-path"],
    ["http://other.example.org/", 404, "unknown-host"],
  ])("explains why %s is answered %i", async (url, status, code) => {
    expect(await explainJson(url)).toMatchObject({ action: "reject", status, code, route: null, candidates: [] });
  });

  it("explains one request a line, in order, and goes on after a bad one", async () => {
    const lines = [
      '{"host":"shop.example.org","path":"/1","client":"JP"}',
      "nonsense",
      '{"host":"shop.example.org","path":"/2","method":"POST","headers":{"A":["b","c"]},"client":"81.2.69.400"}',
    ];
    const { code, out, err } = await run(
      "explain",
      "--from",
      EXAMPLE,
      "--requests",
      file("requests.jsonl", lines.join("\n")),
    );
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Partial<Explanation> & { error?: string });
    expect(answers.map((answer) => answer.forwardPath ?? answer.error)).toEqual(["/1", "the line is not JSON", "/2"]);
    expect(answers[0]?.candidates?.[0]?.cluster).toBe("japaneast");
    // Whom nobody can locate is served all the same.
    expect(answers[2]?.client).toMatchObject({ address: null, class: "invalid", source: "none" });
    expect([code, err]).toEqual([
      1,
      '1 of 3 clients are neither an address nor a country: their class is "invalid"\n' +
        "1 of 3 lines could not be read as requests\n",
    ]);
  });
});

describe("portolan", () => {
  it.each([
    [["explode"], /Cannot run "explode": there is no such command/, /Next: portolan help/],
    [["explian"], /Cannot run "explian"/, /Next: portolan explain/],
    [["explain", "--from", "/nowhere", "http://x/"], /Cannot read \/nowhere/, /Next: /],
    [
      ["explain", "--from", EXAMPLE, "http://x/", "--down", "us-east"],
      /there is no such cluster, only eu-west-1/,
      /Next: --down us-east1/,
    ],
    [
      ["explain", "--from", EXAMPLE, "http://x/", "--geoip", "/nowhere.mmdb"],
      /Cannot read the GeoIP database "\/nowhere.mmdb"/,
      /Next: /,
    ],
    [
      ["explain", "--from", EXAMPLE, "http://x/", "--client", "somebody"],
      /neither an address nor a country/,
      /Next: --client/,
    ],
    [["explain", "--from", EXAMPLE], /Cannot go on without a URL/, /Next: portolan explain/],
    [["explain", "--form", EXAMPLE], /unknown option "--form"; did you mean "--from"\?/, /Next: portolan help explain/],
    [["help", "explian"], /Cannot run "explian"/, /Next: portolan explain/],
    [["explain", "--from", EXAMPLE, "http://x/", "-o", "yaml"], /Cannot print as "yaml"/, /Next: -o json/],
    [["explain", "--from", EXAMPLE, "http://x/", "http://y/"], /Cannot explain "http:\/\/y\/" as well/, /Next: /],
    [["explain", "--from", EXAMPLE, "--requests", "/nowhere"], /requests in \/nowhere: ENOENT/, /Next: ls/],
    [["explain", "--from", EMPTY, "http://x/"], /it holds no object/, /Next: --from/],
    [["validate", "-f", EMPTY], /it holds no object/, /Next: --from/],
    [["validate", "-f", "/nowhere"], /Cannot read \/nowhere: it does not exist/, /Next: ls/],
    [["edge", "--from", EMPTY, "--listen", "127.0.0.1:0"], /it holds no object/, /Next: --from/],
    [["edge", "--from", "/nowhere", "--listen", "127.0.0.1:0"], /it does not exist/, /Next: portolan validate/],
    [["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--geoip", "/x"], /GeoIP database "\/x"/, /Next: --geoip/],
    [
      ["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--debug-token-file", "/x"],
      /Cannot read the debug token in \/x/,
      /Next: /,
    ],
    [["status", "--admin", "ftp://x"], /it is not an http URL/, /Next: --admin http/],
    [["edge", "--from", EXAMPLE], /Cannot go on without --listen/, /Next: portolan edge/],
    [["edge", "--from", EXAMPLE, "--listen", "nonsense:x"], /it is not HOST:PORT/, /Next: --listen/],
    [
      ["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--location", "gcp/us-east"],
      /no such provider and region/,
      /Next: --location gcp\/us-east\d/,
    ],
    [
      ["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0/8"],
      /it is not a CIDR/,
      /Next: /,
    ],
    [
      ["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--trusted-hops", "1.5"],
      /it is not a whole number from 0 to 16/,
      /Next: --trusted-hops 1/,
    ],
    [
      ["edge", "--from", EXAMPLE, "--listen", "127.0.0.1:0", "--trusted-header", "x-real-ip"],
      /it is none of x-forwarded-for, forwarded/,
      /Next: --trusted-header x-forwarded-for/,
    ],
    [["status", "--admin", "http://127.0.0.1:1"], /Cannot reach the admin API/, /Next: portolan up/],
    [["sim", "kil", "us-east1"], /Cannot do "kil"/, /Next: portolan sim kill/],
    [["sim", "kill"], /without its name/, /Next: portolan sim kill/],
  ])("%j fails with its cause and the next command", async (args, cause, next) => {
    const { code, err } = await run(...args);
    expect(code).toBe(1);
    expect(err).toMatch(cause);
    expect(err).toMatch(next);
  });

  it("names a port that is taken", async () => {
    const { createServer } = await import("node:net");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, err } = await run("edge", "--from", EXAMPLE, "--listen", `127.0.0.1:${port}`);
    server.close();
    expect([code, err]).toEqual([
      1,
      `Cannot listen on 127.0.0.1:${port}: the port is taken\nNext: --listen with another port, 0 for a free one\n`,
    ]);
  });

  it("helps", async () => {
    expect((await run()).out).toMatch(/ {2}explain +where a request would go/);
    expect((await run("help", "edge")).out).toMatch(/--trusted-proxy CIDR/);
    expect((await run("validate", "--help")).out).toMatch(/-f FILE\|DIR/);
  });
});

describe("portolan validate", () => {
  it("exits 0 with no problem, 1 with all errors at once", async () => {
    expect(await run("validate", "-f", EXAMPLE)).toEqual({ code: 0, out: "0 errors, 0 warnings\n", err: "" });
    const bad = file(
      "bad.yaml",
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: x }\nspec:\n  rule: []\n  rules:\n    - host: '*'\n",
    );
    const { code, out } = await run("validate", "-f", bad);
    expect(code).toBe(1);
    expect(out).toMatch(/bad\.yaml:5:3 {2}error .*unknown field "rule"; did you mean "rules"\?/);
    expect(out).toMatch(/bad\.yaml:7:13 {2}error/);
  });

  it("refuses addresses that no edge may connect to, private ones of tests unless allowed", async () => {
    const slice = (address: string) =>
      file(
        "slice.yaml",
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: { name: s-1 }\naddressType: IPv4\n" +
          `endpoints: [{ addresses: ["${address}"] }]\n`,
      );
    const codes = async (address: string) => [
      (await run("validate", "-f", slice(address))).code,
      (await run("validate", "-f", slice(address), "--allow-private-origins")).code,
    ];
    expect(await codes("10.1.2.3")).toEqual([0, 0]);
    expect(await codes("127.0.0.1")).toEqual([1, 0]);
    expect(await codes("::ffff:169.254.169.254")).toEqual([1, 1]);
    expect(await codes("1.2.3.4%eth0")).toEqual([1, 1]);
  });

  it("says which objects stand where nobody reads them", async () => {
    const dir = join(folder, "misplaced");
    mkdirSync(join(dir, "c1"), { recursive: true });
    file(
      "misplaced/service.yaml",
      "apiVersion: v1\nkind: Service\nmetadata: { name: s }\nspec: { ports: [{ port: 80 }] }\n",
    );
    file("misplaced/c1/c1.yaml", "apiVersion: portolan.dev/v1alpha1\nkind: Cluster\nmetadata: { name: c1 }\n");
    const { code, out } = await run("validate", "-f", dir);
    expect(code).toBe(0);
    expect(out).toMatch(/Cannot use the folder c1: no Cluster object has that name/);
    expect(out).toMatch(/service\.yaml:1:1 {2}warning {2}Service default\/s: .*only in a folder DIR\/<cluster>/);
    expect(out).toMatch(/c1\.yaml:1:1 {2}warning {2}Cluster c1: .*only at the top/);
  });
});
