/** An edge needs nothing but its last good snapshot. */
import { expect } from "vitest";
import { eventually } from "../../scenarios/until.ts";
import { ask } from "../edge-client.ts";
import type { Register } from "../edge-runtime.ts";
import { HOST } from "../edge-world.ts";

export function snapshotTests(test: Register): void {
  test("takes a new snapshot into use without a lost request", async ({ world, edge }) => {
    const other = "other.example.org";
    expect((await ask(edge.url, "/", { host: other })).status).toBe(404);
    const going = new AbortController();
    const statuses: number[] = [];
    const traffic = (async () => {
      while (!going.signal.aborted) statuses.push((await ask(edge.url, "/")).status);
    })();
    const change = async () => {
      await world.publish([HOST, other]);
      await eventually(
        () => ask(edge.url, "/", { host: other }),
        (answer) => answer.status === 200,
      );
    };
    await Promise.all([traffic, change().finally(() => going.abort())]);
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    await world.publish([HOST]);
  });

  test("refuses a snapshot that is not signed by a key it knows", async ({ world, edge }) => {
    expect((await ask(edge.url, "/")).status).toBe(200);
    await world.publish(["forged.example.org"], true);
    await world.publish([HOST, "signed.example.org"]);
    await eventually(
      () => ask(edge.url, "/", { host: "signed.example.org" }),
      (answer) => answer.status === 200,
    );
    await world.publish(["forged.example.org"], true);
    const cold = await world.start();
    expect((await ask(cold.url, "/", { host: "forged.example.org" })).status).toBe(503);
    await cold.close();
    const before = world.store.asked();
    await eventually(
      () => ask(edge.url, "/"),
      // Enough that one look at the forged snapshot has begun and ended.
      () => world.store.asked() >= before + 8,
    );
    expect((await ask(edge.url, "/", { host: "forged.example.org" })).status).toBe(404);
    expect((await ask(edge.url, "/", { host: "signed.example.org" })).status).toBe(200);
    await world.publish([HOST]);
  });

  test("goes on serving while the store is down", async ({ world, edge }) => {
    expect((await ask(edge.url, "/")).status).toBe(200);
    for (const state of ["down", "hanging"] as const) {
      world.store.become(state);
      // Before it has asked in vain an edge does not know, and serving is no feat.
      await eventually(
        async () => expect((await ask(edge.url, "/")).status).toBe(200),
        () => world.store.asked() > 0,
      );
      for (let index = 0; index < 10; index += 1) expect((await ask(edge.url, "/")).status).toBe(200);
    }
  });

  test("starts from the bundled snapshot when the store is down or hangs", async ({ world }) => {
    const bundled = await world.bundle();
    for (const state of ["down", "hanging"] as const) {
      world.store.become(state);
      const cold = await world.start({ bundled });
      expect(await ask(cold.url, "/")).toMatchObject({ status: 200, text: "fra" });
      await cold.close();
    }
  });

  test("says so when it has no snapshot at all, and serves as soon as the store is back", async ({ world }) => {
    world.store.become("down");
    const cold = await world.start();
    const answer = await ask(cold.url, "/");
    expect(answer.status).toBe(503);
    expect(answer.headers["proxy-status"]).toContain("proxy_configuration_error");
    world.store.become("up");
    await eventually(
      () => ask(cold.url, "/"),
      (now) => now.status === 200,
    );
    await cold.close();
  });
}
