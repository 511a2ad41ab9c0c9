import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore } from "../../src/store/file.ts";
import { memoryStore } from "../../src/store/memory.ts";
import { storeSuite } from "../conformance/store.ts";

storeSuite("memory", async () => {
  const store = memoryStore();
  return [store, store];
});

storeSuite("file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "portolan-store-"));
  return [fileStore(folder), fileStore(folder)];
});
