import { describe, expect, it } from "vitest";
import { provideAbort } from "../../src/edge/fastly/abort.ts";

interface Lacking {
  AbortController?: typeof AbortController;
  AbortSignal?: typeof AbortSignal;
}

function provided(): Required<Lacking> {
  const engine: Lacking = {};
  provideAbort(engine);
  if (engine.AbortController === undefined || engine.AbortSignal === undefined) throw new Error("nothing was provided");
  return { AbortController: engine.AbortController, AbortSignal: engine.AbortSignal };
}

describe("provideAbort()", () => {
  it("tells listeners once, and keeps the reason", () => {
    const { AbortController: Controller } = provided();
    const controller = new Controller();
    let told = 0;
    controller.signal.addEventListener("abort", () => (told += 1));
    controller.abort("why");
    controller.abort("again");
    expect([told, controller.signal.aborted, controller.signal.reason]).toEqual([1, true, "why"]);
    expect(() => controller.signal.throwIfAborted()).toThrow("why");
  });

  it("joins signals, also one that was aborted before", () => {
    const { AbortController: Controller, AbortSignal: Signal } = provided();
    const [first, second] = [new Controller(), new Controller()];
    const either = Signal.any([first.signal, second.signal]);
    expect(either.aborted).toBe(false);
    second.abort("second");
    expect([either.aborted, either.reason]).toEqual([true, "second"]);
    expect(Signal.any([Signal.abort("before"), first.signal]).reason).toBe("before");
  });

  it("ends a wait, and forgets who no longer listens", async () => {
    const { AbortController: Controller, AbortSignal: Signal } = provided();
    const signal = Signal.timeout(1);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    expect(signal.aborted).toBe(true);
    const controller = new Controller();
    const listener = () => expect.unreachable();
    controller.signal.addEventListener("abort", listener);
    controller.signal.removeEventListener("abort", listener);
    controller.abort();
  });

  it("leaves an engine alone that has its own", () => {
    const engine = { AbortController, AbortSignal };
    provideAbort(engine);
    expect(engine).toEqual({ AbortController, AbortSignal });
  });
});
