/** For Fastly's engine, which is told of requests by an event and gives up on one that takes half a minute. */
import { decisionHash, partOf } from "./hash.ts";
import input from "decision-input";

declare const addEventListener: (
  type: "fetch",
  listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
) => void;

addEventListener("fetch", (event) => {
  const part = Number(new URL(event.request.url).searchParams.get("part"));
  event.respondWith(decisionHash(partOf(input, part)).then((hash) => new Response(hash)));
});
