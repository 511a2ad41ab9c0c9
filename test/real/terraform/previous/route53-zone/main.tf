resource "aws_route53_zone" "this" {
  name          = var.name
  comment       = "Portolan: names of federated hosts"
  force_destroy = !var.keep_records_on_destroy
  tags          = var.tags
}

resource "aws_route53_record" "delegation" {
  count = var.parent_zone_id == null ? 0 : 1

  zone_id = var.parent_zone_id
  name    = var.name
  type    = "NS"
  ttl     = var.delegation_ttl
  records = aws_route53_zone.this.name_servers
}

resource "aws_route53_health_check" "origin" {
  for_each = var.health_checks

  fqdn              = each.value.host
  port              = each.value.port
  type              = each.value.type
  resource_path     = each.value.type == "TCP" ? null : each.value.path
  request_interval  = each.value.interval
  failure_threshold = each.value.failures
  enable_sni        = each.value.type == "HTTPS"
  tags              = merge(var.tags, { Name = each.key })
}
