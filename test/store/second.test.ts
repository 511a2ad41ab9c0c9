import { describe, expect, it } from "vitest";
import { REST_KEY } from "../../src/core/snapshot/part.ts";
import { withSecond } from "../../src/store/second.ts";

const store =
  (values: Readonly<Record<string, string>>) =>
  (key: string): Promise<string | null> =>
    Promise.resolve(values[key] ?? null);
const down = (): Promise<never> => Promise.reject(new Error("down"));

describe("withSecond()", () => {
  it("asks the second for what the first does not have or cannot give", async () => {
    const second = store({ manifest: "second" });
    expect(await withSecond(store({ manifest: "first" }), down)("manifest")).toBe("first");
    expect(await withSecond(store({}), second)("manifest")).toBe("second");
    expect(await withSecond(down, second)("manifest")).toBe("second");
    await expect(withSecond(store({}), down)("manifest")).rejects.toThrow("down");
  });

  it("asks it for a part only where the first has none at all", async () => {
    const second = store({ "parts/b": "second" });
    expect(await withSecond(store({ [REST_KEY]: "rest" }), down)("parts/b")).toBeNull();
    expect(await withSecond(store({}), second)("parts/b")).toBe("second");
    expect(await withSecond(down, second)("parts/b")).toBe("second");
  });
});
