import { describe, expect, it } from "vitest";
import { cloudPlugin } from "../../../src/kube/access/cloud-plugin.ts";

const plugin = (command: string, args: string, env: Readonly<Record<string, string>> = {}) =>
  cloudPlugin({ command, args: args.split(" ").filter((one) => one !== ""), env });

describe("cloudPlugin()", () => {
  it.each([
    [
      "aws eks update-kubeconfig",
      plugin("aws", "--region eu-central-1 eks get-token --cluster-name shop --output json"),
      { cloud: "aws", cluster: "shop", region: "eu-central-1", role: null },
    ],
    [
      "the same with a role, by a path and with equals signs",
      plugin("/usr/local/bin/aws", "eks get-token --cluster-name=shop --role-arn=arn:aws:iam::1:role/r", {
        AWS_REGION: "us-east-1",
      }),
      { cloud: "aws", cluster: "shop", region: "us-east-1", role: "arn:aws:iam::1:role/r" },
    ],
    [
      "the authenticator",
      plugin("aws-iam-authenticator", "token -i shop -r arn:aws:iam::1:role/r"),
      { cloud: "aws", cluster: "shop", region: null, role: "arn:aws:iam::1:role/r" },
    ],
    ["gcloud", plugin("gke-gcloud-auth-plugin.exe", ""), { cloud: "google" }],
    [
      "kubelogin",
      plugin("kubelogin", "get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630"),
      { cloud: "azure", serverId: "6dae42f8-4368-4678-94ff-3960e28e3630" },
    ],
  ])("reads what %s wrote", (_who, found, expected) => {
    expect(found).toEqual(expected);
  });

  it.each([
    ["another command of aws", plugin("aws", "sts get-caller-identity")],
    ["a token without a cluster", plugin("aws", "eks get-token")],
    ["kubelogin that converts", plugin("kubelogin", "convert-kubeconfig -l azurecli")],
    ["a plug-in of somebody else", plugin("tsh", "kube credentials --cluster-name shop")],
    ["a name that only ends alike", plugin("my-aws", "eks get-token --cluster-name shop")],
  ])("leaves %s to be run", (_what, found) => {
    expect(found).toBeNull();
  });
});
