import { LIMITED_HOST, SECURE_HOST } from "../edge-world.ts";
import { answering, asking, type BrokenEdge } from "./sabotage.ts";

const TOO_LARGE = "answers 413 to a body above the limit of its route, with a length or without";

export const BROKEN_ASKS: readonly BrokenEdge[] = [
  {
    test: TOO_LARGE,
    does: "knows no limit for a body of unknown length",
    sabotage: asking((request) =>
      request.host === LIMITED_HOST && request.body !== null && request.bodyLength === null
        ? { ...request, host: "shop.example.org" }
        : request,
    ),
  },
  {
    test: TOO_LARGE,
    does: "says nothing of why",
    sabotage: answering((answer) => ({
      ...answer,
      headers: answer.headers.filter(([name]) => name !== "proxy-status"),
    })),
  },
  {
    test: "sends a plain request to https where its route asks for that",
    does: "serves it",
    sabotage: asking((request) => ({ ...request, host: request.host.replace(SECURE_HOST, "shop.example.org") })),
  },
];
