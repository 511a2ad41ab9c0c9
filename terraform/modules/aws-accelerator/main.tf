resource "aws_globalaccelerator_accelerator" "edge" {
  name            = var.name
  enabled         = var.enabled
  ip_address_type = "IPV4"
  tags            = var.tags
}

resource "aws_globalaccelerator_listener" "edge" {
  accelerator_arn = aws_globalaccelerator_accelerator.edge.arn
  protocol        = "TCP"
  # Affinity is the edges' own: they know cookies, an accelerator knows addresses.
  client_affinity = "NONE"

  dynamic "port_range" {
    for_each = var.ports
    content {
      from_port = port_range.value
      to_port   = port_range.value
    }
  }
}

resource "aws_globalaccelerator_endpoint_group" "edge" {
  for_each = var.edges

  listener_arn                  = aws_globalaccelerator_listener.edge.arn
  endpoint_group_region         = each.key
  health_check_protocol         = "TCP"
  health_check_port             = var.health_port
  health_check_interval_seconds = 10
  threshold_count               = 2
  traffic_dial_percentage       = 100

  dynamic "endpoint_configuration" {
    for_each = each.value
    content {
      endpoint_id                    = endpoint_configuration.value.endpoint
      weight                         = endpoint_configuration.value.weight
      client_ip_preservation_enabled = var.preserve_client_address
    }
  }
}
