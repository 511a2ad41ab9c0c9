locals {
  # Condition keys of Route 53: only these names and types, whatever the function is made to try. Names are compared in
  # their normal form: lower case, no final dot, and \052 for a wildcard.
  zone_statements = [
    for index, zone in var.zones : {
      Sid      = "WriteZone${index}"
      Effect   = "Allow"
      Action   = ["route53:ChangeResourceRecordSets"]
      Resource = zone.arn
      Condition = {
        "ForAllValues:StringEquals" = {
          "route53:ChangeResourceRecordSetsRecordTypes" = sort(var.record_types)
        }
        "ForAllValues:StringLike" = {
          "route53:ChangeResourceRecordSetsNormalizedRecordNames" = zone.names == null ? [zone.name, "*.${zone.name}"] : zone.names
        }
      }
    }
  ]

  policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.control.arn}:*"
        },
        {
          Sid      = "Store"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
          Resource = [for bucket in concat([aws_s3_bucket.store.arn], var.publish_to[*].arn) : "${bucket}/*"]
        },
        {
          Sid      = "ListStore"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = concat([aws_s3_bucket.store.arn], var.publish_to[*].arn)
        },
      ],
      local.zone_statements,
      [
        for statement in [
          {
            Sid      = "ReadZones"
            Effect   = "Allow"
            Action   = ["route53:GetHostedZone", "route53:ListResourceRecordSets"]
            Resource = var.zones[*].arn
          },
        ] : statement if length(statement.Resource) > 0
      ],
      [
        for statement in [
          {
            Sid      = "ReachClusters"
            Effect   = "Allow"
            Action   = ["sts:AssumeRole"]
            Resource = var.cluster_roles
          },
        ] : statement if length(statement.Resource) > 0
      ],
      # These two know no resource.
      length(var.zones) == 0 ? [] : [
        {
          Sid      = "FindZones"
          Effect   = "Allow"
          Action   = ["route53:ListHostedZones", "route53:GetChange"]
          Resource = "*"
        }
      ],
    )
  }

  bucket_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "OnlyTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = [aws_s3_bucket.store.arn, "${aws_s3_bucket.store.arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        # The manifest is the fence between two writers: nobody writes it without a condition.
        {
          Sid       = "ManifestOnlyByCompareAndSet"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = "${aws_s3_bucket.store.arn}/manifest"
          Condition = { Null = { "s3:if-match" = "true", "s3:if-none-match" = "true" } }
        },
      ],
      [for statement in local.reader_statements : statement if length(var.readers) > 0],
    )
  }

  reader_statements = [
    {
      Sid       = "EdgesRead"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      # What edges serve by; not the journal, nor what control remembers.
      Resource  = [for key in ["manifest", "overlay", "slices/*"] : "${aws_s3_bucket.store.arn}/${key}"]
      Condition = { StringEquals = { "AWS:SourceArn" = var.readers } }
    },
    # Without it S3 answers 403 for what is not there, and an edge takes that for a broken store.
    {
      Sid       = "EdgesSeeWhatIsMissing"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:ListBucket"
      Resource  = aws_s3_bucket.store.arn
      Condition = { StringEquals = { "AWS:SourceArn" = var.readers } }
    },
  ]
}

resource "aws_s3_bucket" "store" {
  bucket        = var.store_bucket
  force_destroy = !var.keep_store_on_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_versioning" "store" {
  bucket = aws_s3_bucket.store.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "store" {
  bucket                  = aws_s3_bucket.store.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "store" {
  bucket = aws_s3_bucket.store.id
  policy = jsonencode(local.bucket_policy)

  depends_on = [aws_s3_bucket_public_access_block.store]
}

# Health overlays are written every few seconds: without this their earlier versions would be kept for ever.
resource "aws_s3_bucket_lifecycle_configuration" "store" {
  bucket = aws_s3_bucket.store.id

  rule {
    id     = "earlier-versions"
    status = "Enabled"
    filter {
      prefix = ""
    }
    noncurrent_version_expiration {
      noncurrent_days = 14
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.store]
}

resource "aws_cloudwatch_log_group" "control" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
  tags              = var.tags
}

resource "aws_iam_role" "control" {
  name = var.name
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }
    ]
  })
}

resource "aws_iam_role_policy" "control" {
  name   = "control"
  role   = aws_iam_role.control.id
  policy = jsonencode(local.policy)
}

resource "aws_lambda_function" "control" {
  function_name    = var.name
  description      = "Portolan: keeps edges and zones in step with the clusters"
  role             = aws_iam_role.control.arn
  filename         = var.artefact
  source_code_hash = filebase64sha256(var.artefact)
  handler          = "control-lambda.handler"
  runtime          = "nodejs22.x"
  architectures    = ["arm64"]
  memory_size      = var.memory_mb
  timeout          = var.budget_seconds
  # A lock on the platform's side: a run that is still going on makes the next one wait for the next minute.
  reserved_concurrent_executions = 1
  tags                           = var.tags

  dynamic "environment" {
    for_each = length(var.edge_addresses) == 0 ? [] : [join(",", var.edge_addresses)]
    content {
      variables = { PORTOLAN_EDGE_ADDRESSES = environment.value }
    }
  }

  # Lambda writes to the group of its name, and would make one that keeps everything for ever.
  depends_on = [aws_cloudwatch_log_group.control, aws_iam_role_policy.control]
}

# The next minute is a better retry than the same event again.
resource "aws_lambda_function_event_invoke_config" "control" {
  function_name                = aws_lambda_function.control.function_name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
}

resource "aws_cloudwatch_event_rule" "schedule" {
  name                = var.name
  description         = "Portolan: runs the control function"
  schedule_expression = var.every_minutes == 1 ? "rate(1 minute)" : "rate(${var.every_minutes} minutes)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "schedule" {
  rule      = aws_cloudwatch_event_rule.schedule.name
  target_id = "control"
  arn       = aws_lambda_function.control.arn
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "schedule"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.control.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.schedule.arn
}
