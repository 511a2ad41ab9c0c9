import { dnsProviderSuite } from "../conformance/dns-provider.ts";
import { memoryWorld } from "./memory-world.ts";

dnsProviderSuite({ name: "memory", start: async () => memoryWorld() });
