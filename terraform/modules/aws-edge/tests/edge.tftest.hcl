mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { domain_name = "d111111abcdef8.cloudfront.net", arn = "arn:aws:cloudfront::123456789012:distribution/E1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/edge" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { qualified_arn = "arn:aws:lambda:us-east-1:123456789012:function:edge:1" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::example-org-snapshots" }
  }
}

variables {
  snapshot_bucket = "example-org-snapshots"
  artefact        = "tests/lambda-edge.zip"
  origins         = { first = "fra.origins.example.org", second = "iad.origins.example.org" }
  public_keys = {
    k1 = { kty = "EC", crv = "P-256", x = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", y = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
}

run "answers_under_its_own_name_without_hosts" {
  command = apply

  assert {
    condition     = one(aws_cloudfront_distribution.edge.viewer_certificate).cloudfront_default_certificate && length(aws_acm_certificate.hosts) == 0
    error_message = "Without hosts CloudFront's own certificate does."
  }
  assert {
    condition     = one(one(aws_cloudfront_distribution.edge.default_cache_behavior).lambda_function_association).event_type == "origin-request"
    error_message = "Only at origin-request may the function change the origin."
  }
  assert {
    condition     = length(one(aws_cloudfront_distribution.edge.default_cache_behavior).allowed_methods) == 7
    error_message = "Every method must pass where there is no origin group."
  }
  assert {
    condition     = length(aws_lambda_function.edge.environment) == 0 && aws_lambda_function.edge.memory_size == 128 && aws_lambda_function.edge.publish
    error_message = "Lambda@Edge takes a numbered version without environment."
  }
  assert {
    condition     = output.snapshot_url == "https://d111111abcdef8.cloudfront.net" && length(output.addresses) == 0
    error_message = "Edges elsewhere need the address of the snapshots, and there are no static ones."
  }
}

run "asks_the_second_origin_for_read_only_paths" {
  command = plan
  variables {
    read_only_paths = ["/static/*"]
    hosts           = ["shop.example.org"]
    certificate     = { arn = "arn:aws:acm:us-east-1:123456789012:certificate/c" }
  }
  assert {
    condition     = aws_cloudfront_distribution.edge.ordered_cache_behavior[0].target_origin_id == "first-then-second" && length(aws_cloudfront_distribution.edge.ordered_cache_behavior[0].allowed_methods) == 3
    error_message = "CloudFront allows an origin group for GET, HEAD and OPTIONS only."
  }
  assert {
    condition     = one(aws_cloudfront_distribution.edge.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
    error_message = "Hosts of one's own are served by TLS 1.2 or later."
  }
}

run "reads_the_store_of_control" {
  command = apply
  variables {
    snapshot_bucket = null
    store           = { name = "example-org-store", arn = "arn:aws:s3:::example-org-store", domain = "example-org-store.s3.eu-central-1.amazonaws.com" }
  }
  assert {
    condition     = length(aws_s3_bucket.snapshots) == 0 && output.snapshot_bucket == null
    error_message = "The store of control is enough."
  }
  assert {
    condition     = one(aws_cloudfront_distribution.snapshots.origin).domain_name == "example-org-store.s3.eu-central-1.amazonaws.com" && output.reader_arn == "arn:aws:cloudfront::123456789012:distribution/E1"
    error_message = "Snapshots are read from the store, by a reader that control lets in."
  }
}

run "refuses_two_places_of_snapshots" {
  command = plan
  variables {
    store = { name = "example-org-store", arn = "arn:aws:s3:::example-org-store", domain = "example-org-store.s3.eu-central-1.amazonaws.com" }
  }
  expect_failures = [var.snapshot_bucket]
}

run "refuses_another_region" {
  command = plan
  override_data {
    target = data.aws_region.current
    values = { name = "eu-central-1" }
  }
  expect_failures = [aws_lambda_function.edge]
}
