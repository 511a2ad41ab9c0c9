output "hostname" {
  description = "CloudFront's name of the edge: what DNS of the hosts points at."
  value       = aws_cloudfront_distribution.edge.domain_name
}

output "alias_zone_id" {
  description = "Hosted zone of that name, for alias records at the apex of a zone on Route 53."
  value       = aws_cloudfront_distribution.edge.hosted_zone_id
}

output "snapshot_bucket" {
  description = "The bucket that control publishes to for this edge alone, as control-lambda takes it; null where the edge reads the store itself."
  value = !local.has_bucket ? null : {
    name = aws_s3_bucket.snapshots[0].id
    arn  = aws_s3_bucket.snapshots[0].arn
  }
}

output "reader_arn" {
  description = "What reads the store for edges, as control-lambda takes it among its readers; null where the edge has a bucket of its own."
  value       = local.has_bucket ? null : aws_cloudfront_distribution.snapshots.arn
}

output "snapshot_url" {
  description = "Base address of the same snapshots over HTTPS, for edges elsewhere. Signed, not secret: whoever knows the address can read it."
  value       = local.snapshot_url
}

output "hosts" {
  description = "Hosts that this edge answers; a wildcard covers every name one level below it."
  value       = var.hosts
}

output "addresses" {
  description = "Static addresses of the edge, for the status of Ingresses. CloudFront sells them as an anycast list, which this provider cannot attach, so there are none: an Ingress shows host names."
  value       = []
}
