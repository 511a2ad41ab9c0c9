output "store" {
  description = "The store, as aws-edge takes it: its bucket, ARN and regional domain name."
  value = {
    name   = aws_s3_bucket.store.id
    arn    = aws_s3_bucket.store.arn
    domain = aws_s3_bucket.store.bucket_regional_domain_name
  }
}

output "role_arn" {
  description = "Role of the function: what a cluster's access entry or role mapping lets in."
  value       = aws_iam_role.control.arn
}

output "function_name" {
  description = "Name of the function, to run it by hand."
  value       = aws_lambda_function.control.function_name
}
