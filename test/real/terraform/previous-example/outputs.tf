output "hostname" {
  description = "What the hosts point at."
  value       = module.edge.hostname
}

output "snapshot_url" {
  description = "Where edges elsewhere read snapshots."
  value       = module.edge.snapshot_url
}

output "control_role_arn" {
  description = "Role of the control function."
  value       = module.control.role_arn
}

output "addresses" {
  description = "Static addresses for the status of Ingresses."
  value       = module.edge.addresses
}
