output "snapshot_store" {
  description = "The KV namespace that the edge reads first. No command of Portolan writes to it yet: until then the edge reads snapshot_url."
  value = {
    kind         = "workers-kv"
    account_id   = var.account_id
    namespace_id = cloudflare_workers_kv_namespace.snapshots.id
  }
}

output "host_provider" {
  description = "Where control attaches hosts of other zones; null without custom_hostname_target."
  value = var.custom_hostname_target == null ? null : {
    kind    = "cloudflare-custom-hostnames"
    zone_id = var.zone.id
    target  = var.custom_hostname_target
  }
}

output "hosts" {
  description = "Hosts that this edge answers from the start; a wildcard covers every name one level below it."
  value       = var.hosts
}

output "worker" {
  description = "Name and version of the Worker that is deployed."
  value       = { name = cloudflare_worker.edge.name, version = cloudflare_worker_version.edge.id }
}

output "addresses" {
  description = "Static addresses of the edge, for the status of Ingresses. Cloudflare sells none for a Worker, so there are none: an Ingress shows host names."
  value       = []
}
