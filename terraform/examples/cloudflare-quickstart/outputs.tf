output "snapshot_store" {
  description = "The store that control publishes to."
  value       = module.edge.snapshot_store
}

output "worker" {
  description = "What is deployed."
  value       = module.edge.worker
}

output "addresses" {
  description = "Static addresses for the status of Ingresses."
  value       = module.edge.addresses
}
