import { dnsProviderSuite } from "../conformance/dns-provider.ts";
import { route53World } from "./route53-world.ts";

dnsProviderSuite({ name: "route53", start: () => route53World({ maxItems: 70 }) });
dnsProviderSuite({ name: "route53, newer shape of errors", start: () => route53World({ batchErrors: "messages" }) });
