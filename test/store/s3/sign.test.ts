import { describe, expect, it } from "vitest";
import { signed } from "../../../src/store/s3/sign.ts";

const HOW = {
  // The examples of "Authenticating Requests: Using the Authorization Header" in Amazon's reference.
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    sessionToken: null,
  },
  region: "us-east-1",
  nowMs: Date.UTC(2013, 4, 24),
};
const HOST = "https://examplebucket.s3.amazonaws.com";

describe("signed()", () => {
  it.each([
    [
      "GET",
      "/test.txt",
      { range: "bytes=0-9" },
      "",
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ],
    [
      "PUT",
      "/test%24file.text",
      { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      "Welcome to Amazon S3.",
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ],
    ["GET", "/?lifecycle", {}, "", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"],
    ["GET", "/?max-keys=2&prefix=J", {}, "", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"],
  ])("gives Amazon's own signature of %s %s", (method, path, headers, body, signature) => {
    const request = { method, url: new URL(HOST + path), headers, body: new TextEncoder().encode(body) };
    expect(signed(request, HOW)["authorization"]).toMatch(new RegExp(`Signature=${signature}$`));
  });

  it("signs the token of credentials that expire", () => {
    const request = { method: "GET", url: new URL(HOST), headers: {}, body: new Uint8Array() };
    const headers = signed(request, { ...HOW, credentials: { ...HOW.credentials, sessionToken: "t" } });
    expect(headers["x-amz-security-token"]).toBe("t");
    expect(headers["authorization"]).toContain("x-amz-date;x-amz-security-token,");
  });
});
