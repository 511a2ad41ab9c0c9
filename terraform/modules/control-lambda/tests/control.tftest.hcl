mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/control" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:control" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/control" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::example-org-store" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/control" }
  }
}

variables {
  store_bucket = "example-org-store"
  artefact     = "tests/control-lambda.zip"
  zones        = [{ id = "Z1", name = "gslb.example.org", arn = "arn:aws:route53:::hostedzone/Z1" }]
}

run "may_write_its_own_names_only" {
  command = apply

  assert {
    condition = jsonencode([for one in jsondecode(aws_iam_role_policy.control.policy).Statement : one if one.Sid == "WriteZone0"]) == jsonencode([{
      Action = ["route53:ChangeResourceRecordSets"]
      Condition = {
        "ForAllValues:StringEquals" = { "route53:ChangeResourceRecordSetsRecordTypes" = ["A", "AAAA", "CNAME", "TXT"] }
        "ForAllValues:StringLike"   = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = ["gslb.example.org", "*.gslb.example.org"] }
      }
      Effect   = "Allow"
      Resource = "arn:aws:route53:::hostedzone/Z1"
      Sid      = "WriteZone0"
    }])
    error_message = "The role must be limited to the zone, its types and its names."
  }
  assert {
    condition     = !contains(jsondecode(aws_iam_role_policy.control.policy).Statement[*].Sid, "SeeClusters")
    error_message = "It has no right that it does not use."
  }
  assert {
    condition     = !contains(jsondecode(aws_s3_bucket_policy.store.policy).Statement[*].Sid, "EdgesRead") && length(aws_lambda_function.control.environment) == 0
    error_message = "Without readers nobody else reads the store."
  }
  assert {
    condition     = aws_lambda_function.control.reserved_concurrent_executions == 1 && aws_lambda_function_event_invoke_config.control.maximum_retry_attempts == 0
    error_message = "Two runs must never overlap."
  }
  assert {
    condition     = aws_s3_bucket_versioning.store.versioning_configuration[0].status == "Enabled" && strcontains(aws_s3_bucket_policy.store.policy, "s3:if-none-match")
    error_message = "The store is versioned, and its manifest written by compare-and-set only."
  }
}

run "lets_edges_read_what_they_serve_by_and_tells_their_addresses" {
  command = apply
  variables {
    readers        = ["arn:aws:cloudfront::123456789012:distribution/E1"]
    edge_addresses = ["192.0.2.1", "d111111abcdef8.cloudfront.net"]
    cluster_roles  = ["arn:aws:iam::210987654321:role/portolan"]
  }
  assert {
    condition     = jsonencode([for one in jsondecode(aws_s3_bucket_policy.store.policy).Statement : one.Resource if one.Sid == "EdgesRead"][0]) == jsonencode(["arn:aws:s3:::example-org-store/manifest", "arn:aws:s3:::example-org-store/overlay", "arn:aws:s3:::example-org-store/slices/*"])
    error_message = "Edges read manifest, overlay and slices, and no journal."
  }
  assert {
    condition     = one(aws_lambda_function.control.environment).variables.PORTOLAN_EDGE_ADDRESSES == "192.0.2.1,d111111abcdef8.cloudfront.net"
    error_message = "The addresses of the edges reach the function."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.control.policy).Statement : one.Resource if one.Sid == "ReachClusters"][0][0] == "arn:aws:iam::210987654321:role/portolan"
    error_message = "It assumes the named roles and no others."
  }
}
