/** For Fastly's engine, which is told of requests by an event. */
import { decisionHash } from "./hash.ts";
import input from "decision-input";

declare const addEventListener: (
  type: "fetch",
  listener: (event: { respondWith(answer: Promise<Response>): void }) => void,
) => void;

addEventListener("fetch", (event) => event.respondWith(decisionHash(input).then((hash) => new Response(hash))));
