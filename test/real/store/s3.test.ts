/** Our S3 store on a server that somebody else wrote. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { s3Store } from "../../../src/store/s3.ts";
import { signed } from "../../../src/store/s3/sign.ts";
import type { Store } from "../../../src/store/store.ts";
import { storeTests } from "../../conformance/store.ts";
import { eventually } from "../../scenarios/until.ts";
import { freePort } from "../../build/free-port.ts";

const MOTO = join(import.meta.dirname, "../../../.venv/bin/moto_server");
const CREDENTIALS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI", sessionToken: null };
const hasMoto = existsSync(MOTO);
if (!hasMoto) console.warn("\n*** SKIPPED, S3: moto is not in .venv; .ci/run installs it ***\n");

describe.skipIf(!hasMoto)("store: s3 on moto", () => {
  let endpoint = "";
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    endpoint = `http://127.0.0.1:${await freePort()}`;
    const moto = spawn(MOTO, ["-H", "127.0.0.1", "-p", new URL(endpoint).port], { stdio: "ignore" });
    const gone = once(moto, "exit");
    stop = async () => {
      moto.kill();
      await gone;
    };
    await eventually(
      () =>
        fetch(endpoint).then(
          () => true,
          () => false,
        ),
      (isUp) => isUp,
      60_000,
    );
  }, 90_000);
  afterAll(() => stop());

  let buckets = 0;
  async function open(): Promise<[Store, Store]> {
    const bucket = `bucket-${buckets++}`;
    const request = { method: "PUT", url: new URL(`${endpoint}/${bucket}`), headers: {}, body: new Uint8Array() };
    const headers = signed(request, { credentials: CREDENTIALS, region: "us-east-1", nowMs: Date.now() });
    expect((await fetch(request.url, { method: "PUT", headers })).status).toBe(200);
    const credentials = () => Promise.resolve(CREDENTIALS);
    const how = { bucket, region: "us-east-1", endpoint, credentials, now: Date.now, random: Math.random };
    return [s3Store({ ...how, prefix: "a/" }), s3Store({ ...how, prefix: "a/" })];
  }

  storeTests((title, run) => it(title, async () => run(await open())));

  it("lists more than the thousand keys of one page", async () => {
    const [store] = await open();
    const keys = Array.from({ length: 1100 }, (_, index) => `k/${String(index).padStart(4, "0")}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => store.put(key, new Uint8Array(), "any")));
    }
    expect(await store.list("k/")).toEqual(keys);
  });
});
