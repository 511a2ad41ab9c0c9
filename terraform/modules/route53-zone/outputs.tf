output "zone" {
  description = "The zone as control-lambda takes it: provider, id, name and ARN."
  value = {
    provider = "route53"
    id       = aws_route53_zone.this.zone_id
    name     = var.name
    arn      = aws_route53_zone.this.arn
  }
}

output "name_servers" {
  description = "Name servers of the zone, for a delegation in a parent that is not on Route 53."
  value       = aws_route53_zone.this.name_servers
}

output "health_check_ids" {
  description = "Id of each health check by its name."
  value       = { for name, one in aws_route53_health_check.origin : name => one.id }
}
