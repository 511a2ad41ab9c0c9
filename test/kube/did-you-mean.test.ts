import { expect, test } from "vitest";
import { didYouMean } from "../../src/kube/did-you-mean.ts";

test.each([
  ["pathTyp", "pathType"],
  ["pahtType", "pathType"],
  ["PATHTYPE", "pathType"],
  ["servcieName", "serviceName"],
  ["backend", null],
  ["x", null],
  ["", null],
  ["a".repeat(10_000), null],
])("didYouMean(%j) is %j", (word, expected) => {
  expect(didYouMean(word, ["path", "pathType", "serviceName", "defaultBackend"])).toBe(expected);
});
