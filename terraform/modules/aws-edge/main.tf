data "aws_region" "current" {}

locals {
  # Managed policies of CloudFront; their ids are the same in every account.
  caching_disabled          = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
  caching_optimized         = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  all_viewer_and_cloudfront = "33f36d7e-f396-46d9-90e0-52428a34d9dc"
  all_methods               = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
  read_methods              = ["GET", "HEAD", "OPTIONS"]
  issues_certificate        = length(var.hosts) > 0 && var.certificate.zone_id != null
  certificate_hosts         = sort(var.hosts)
  has_bucket                = var.snapshot_bucket != null
  # Whether there is a store is known before it is made; its name and domain may not be.
  snapshots_domain = local.has_bucket ? aws_s3_bucket.snapshots[0].bucket_regional_domain_name : var.store.domain
  snapshot_url     = "https://${aws_cloudfront_distribution.snapshots.domain_name}"

  # Lambda@Edge has no environment: the function reads its settings from a field of the origin, which CloudFront shows to
  # it and which no viewer can send. What is secret is in the zip, see settings.mjs in docs/edges.md.
  settings = jsonencode({
    AUDIENCE     = var.audience
    EDGE_NAME    = var.name
    PUBLIC_KEYS  = var.public_keys
    SNAPSHOT_URL = local.snapshot_url
  })
  members = {
    first  = "1"
    second = "2"
  }

  edge_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:*:*:log-group:/aws/lambda/us-east-1.${var.name}*"
      }
    ]
  }

  bucket_policy = !local.has_bucket ? null : {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.snapshots[0].arn, "${aws_s3_bucket.snapshots[0].arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "EdgesRead"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = "${aws_s3_bucket.snapshots[0].arn}/*"
        Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.snapshots.arn } }
      },
      # Without it S3 answers 403 for what is not there, and an edge takes that for a broken store.
      {
        Sid       = "EdgesSeeWhatIsMissing"
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:ListBucket"
        Resource  = aws_s3_bucket.snapshots[0].arn
        Condition = { StringEquals = { "AWS:SourceArn" = aws_cloudfront_distribution.snapshots.arn } }
      },
    ]
  }
}

resource "aws_s3_bucket" "snapshots" {
  count = local.has_bucket ? 1 : 0

  bucket        = var.snapshot_bucket
  force_destroy = !var.keep_snapshots_on_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "snapshots" {
  count = local.has_bucket ? 1 : 0

  bucket                  = aws_s3_bucket.snapshots[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "snapshots" {
  count = local.has_bucket ? 1 : 0

  bucket = aws_s3_bucket.snapshots[0].id
  policy = jsonencode(local.bucket_policy)

  depends_on = [aws_s3_bucket_public_access_block.snapshots]
}

resource "aws_cloudfront_origin_access_control" "snapshots" {
  name                              = "${var.name}-snapshots"
  description                       = "Portolan: edges read snapshots"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_distribution" "snapshots" {
  comment         = "Portolan: snapshots of ${var.name}"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  tags            = var.tags

  origin {
    origin_id                = "snapshots"
    domain_name              = local.snapshots_domain
    origin_access_control_id = aws_cloudfront_origin_access_control.snapshots.id
  }

  # The manifest, the overlay and reports change under the same name.
  default_cache_behavior {
    target_origin_id       = "snapshots"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = local.caching_disabled
  }

  # Slices are named by their hash.
  ordered_cache_behavior {
    path_pattern           = "/slices/*"
    target_origin_id       = "snapshots"
    viewer_protocol_policy = "https-only"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    cache_policy_id        = local.caching_optimized
    compress               = true
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}

resource "aws_iam_role" "edge" {
  name = var.name
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"] }
        Action    = "sts:AssumeRole"
      }
    ]
  })
}

resource "aws_iam_role_policy" "edge" {
  name   = "edge"
  role   = aws_iam_role.edge.id
  policy = jsonencode(local.edge_policy)
}

resource "aws_lambda_function" "edge" {
  function_name    = var.name
  description      = "Portolan: chooses the cluster of each request"
  role             = aws_iam_role.edge.arn
  filename         = var.artefact
  source_code_hash = filebase64sha256(var.artefact)
  handler          = "lambda-edge.handler"
  runtime          = "nodejs22.x"
  architectures    = ["x86_64"]
  memory_size      = 128
  timeout          = 30
  publish          = true
  tags             = var.tags

  lifecycle {
    precondition {
      condition     = data.aws_region.current.name == "us-east-1"
      error_message = "Cannot make the edge in \"${data.aws_region.current.name}\": CloudFront takes functions of us-east-1 only; give this module a provider of that region."
    }
  }
}

resource "aws_acm_certificate" "hosts" {
  count = local.issues_certificate ? 1 : 0

  domain_name               = local.certificate_hosts[0]
  subject_alternative_names = slice(local.certificate_hosts, 1, length(local.certificate_hosts))
  validation_method         = "DNS"
  tags                      = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  # A wildcard and the name above it are validated by the same record.
  for_each = local.issues_certificate ? {
    for one in aws_acm_certificate.hosts[0].domain_validation_options : trimprefix(one.domain_name, "*.") => one...
  } : {}

  zone_id         = var.certificate.zone_id
  name            = each.value[0].resource_record_name
  type            = each.value[0].resource_record_type
  records         = [each.value[0].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "hosts" {
  count = local.issues_certificate ? 1 : 0

  certificate_arn         = aws_acm_certificate.hosts[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

resource "aws_cloudfront_distribution" "edge" {
  comment         = "Portolan: ${var.name}"
  enabled         = true
  aliases         = var.hosts
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  web_acl_id      = var.web_acl_arn
  tags            = var.tags

  dynamic "origin" {
    for_each = var.origins
    content {
      origin_id           = origin.key
      domain_name         = origin.value
      connection_attempts = 1
      connection_timeout  = 3

      custom_origin_config {
        http_port                = 80
        https_port               = 443
        origin_protocol_policy   = "https-only"
        origin_ssl_protocols     = ["TLSv1.2"]
        origin_read_timeout      = 30
        origin_keepalive_timeout = 60
      }

      custom_header {
        name  = "Portolan-Settings"
        value = local.settings
      }

      # Which member of the origin group is asked: at the second the function names the next candidate.
      custom_header {
        name  = "Portolan-Member"
        value = local.members[origin.key]
      }
    }
  }

  origin_group {
    origin_id = "first-then-second"
    failover_criteria {
      status_codes = [502, 503, 504]
    }
    member {
      origin_id = "first"
    }
    member {
      origin_id = "second"
    }
  }

  # CloudFront allows an origin group only where no method changes anything.
  default_cache_behavior {
    target_origin_id         = "first"
    viewer_protocol_policy   = "redirect-to-https"
    allowed_methods          = local.all_methods
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.caching_disabled
    origin_request_policy_id = local.all_viewer_and_cloudfront

    lambda_function_association {
      event_type   = "origin-request"
      lambda_arn   = aws_lambda_function.edge.qualified_arn
      include_body = false
    }
  }

  dynamic "ordered_cache_behavior" {
    for_each = var.read_only_paths
    content {
      path_pattern             = ordered_cache_behavior.value
      target_origin_id         = "first-then-second"
      viewer_protocol_policy   = "redirect-to-https"
      allowed_methods          = local.read_methods
      cached_methods           = ["GET", "HEAD"]
      cache_policy_id          = local.caching_disabled
      origin_request_policy_id = local.all_viewer_and_cloudfront

      lambda_function_association {
        event_type   = "origin-request"
        lambda_arn   = aws_lambda_function.edge.qualified_arn
        include_body = false
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = length(var.hosts) == 0
    acm_certificate_arn            = local.issues_certificate ? aws_acm_certificate_validation.hosts[0].certificate_arn : var.certificate.arn
    minimum_protocol_version       = length(var.hosts) == 0 ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = length(var.hosts) == 0 ? null : "sni-only"
  }
}

# A version before this one always had a bucket of its own.
moved {
  from = aws_s3_bucket.snapshots
  to   = aws_s3_bucket.snapshots[0]
}

moved {
  from = aws_s3_bucket_public_access_block.snapshots
  to   = aws_s3_bucket_public_access_block.snapshots[0]
}

moved {
  from = aws_s3_bucket_policy.snapshots
  to   = aws_s3_bucket_policy.snapshots[0]
}
