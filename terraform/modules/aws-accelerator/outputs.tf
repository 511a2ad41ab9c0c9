output "addresses" {
  description = "Static anycast addresses in front of the edges, for the status of Ingresses: control-lambda takes them as edge_addresses, portolan.yaml as edgeAddresses. An Ingress without a host answers there."
  value       = tolist(flatten(aws_globalaccelerator_accelerator.edge.ip_sets[*].ip_addresses))
}

output "hostname" {
  description = "AWS' name of these addresses: what DNS of hosts may point at."
  value       = aws_globalaccelerator_accelerator.edge.dns_name
}

output "alias_zone_id" {
  description = "Hosted zone of that name, for alias records at the apex of a zone on Route 53."
  value       = aws_globalaccelerator_accelerator.edge.hosted_zone_id
}
