import { hostSuite } from "../conformance/hosts.ts";
import { memoryWorld } from "./memory-world.ts";

hostSuite("memory", () => Promise.resolve({ ...memoryWorld(), close: () => Promise.resolve() }));
