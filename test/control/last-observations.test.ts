import { expect, it } from "vitest";
import { lastObservations } from "../../src/control/last-observations.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { textStore } from "../../src/store/text.ts";
import { objects, observation } from "../build/objects.ts";

it("lastObservations() recalls what an older control function remembered, with the lists that came later", async () => {
  const store = memoryStore();
  const { serviceExports: _later, ...older } = objects();
  await textStore(store).put("control/observations/fra", JSON.stringify(older), "any");
  const last = lastObservations(store);
  await last.recall("fra");
  const unread = observation("fra", {}, { complete: false, reachable: false });
  expect(last.complete(unread)).toMatchObject({ complete: true, reachable: false, objects: objects() });
});
