import { describe, expect, it } from "vitest";
import { eksToken, eksTokens } from "../../src/cloud/eks-token.ts";
import { eksTokenProblem } from "./aws-signature.ts";

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const id = "AKIAIOSFODNN7EXAMPLE";
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const credentials = { accessKeyId: id, secretAccessKey: secret, sessionToken: null };
const SESSION = "FwoGZXIvYXdzEXAMPLE+token/=";
const url = (token: string) => Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString();

describe("eksToken()", () => {
  // What botocore 1.44.8 (RequestSigner.generate_presigned_url, as `aws eks get-token` calls it) signs at that moment.
  it.each([
    [null, "e32ee2088a775f7e1519a4b2c26663baee5155a9fab28316aa5feb4dfeac2817"],
    [SESSION, "3a02c804dfcb00d16276ff59da096d426cf19485656e02bba83414f8b85453b6"],
  ])("signs as AWS' own tools do, with the session token %j", (sessionToken, signature) => {
    const own = { ...credentials, sessionToken };
    const { token } = eksToken({ cluster: "shop prod", region: "eu-central-1", credentials: own, nowMs: NOW_MS });
    expect(token).not.toMatch(/[=+/]/);
    const query = new URL(url(token)).searchParams;
    expect(query.get("X-Amz-Signature")).toBe(signature);
    expect(query.get("X-Amz-Security-Token")).toBe(sessionToken);
    expect(new URL(url(token)).host).toBe("sts.eu-central-1.amazonaws.com");
  });

  it("is for one cluster, and for less than the 15 minutes that the cluster takes it for", () => {
    const options = { cluster: "shop", region: "eu-central-1", credentials, nowMs: NOW_MS };
    const { token, expiresAtMs } = eksToken(options);
    const signer = { id, secret, session: null };
    expect(eksTokenProblem(token, "shop", signer, NOW_MS)).toBeNull();
    expect(eksTokenProblem(token, "other", signer, NOW_MS)).toBe("SignatureDoesNotMatch");
    expect(eksTokenProblem(token, "shop", signer, expiresAtMs)).toBeNull();
    expect(eksTokenProblem(token, "shop", signer, NOW_MS + 15 * 60_000 + 1)).toContain("expired");
  });

  it("asks China where China is", () => {
    const { token } = eksToken({ cluster: "shop", region: "cn-north-1", credentials, nowMs: NOW_MS });
    expect(url(token)).toMatch(/^https:\/\/sts\.cn-north-1\.amazonaws\.com\.cn\/\?/);
  });
});

describe("eksTokens()", () => {
  it("gives one token until shortly before it ends, then another by the credentials of then", async () => {
    let nowMs = NOW_MS;
    let asked = 0;
    const source = eksTokens({
      cluster: "shop",
      region: "eu-central-1",
      credentials: async () => {
        asked += 1;
        return credentials;
      },
      now: () => nowMs,
    });
    const first = await source();
    nowMs += 12 * 60_000;
    expect([await source(), asked]).toEqual([first, 1]);
    nowMs += 61_000;
    const second = await source();
    expect([second === first, asked]).toEqual([false, 2]);
    expect(eksTokenProblem(second, "shop", { id, secret, session: null }, nowMs)).toBeNull();
  });
});
