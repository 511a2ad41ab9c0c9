output "host" {
  description = "The one hostname."
  value       = "www.${var.hostname}"
}

output "host_provider" {
  description = "Where control attaches the host on Cloudflare."
  value       = module.cloudflare.host_provider
}

output "addresses" {
  description = "Static addresses for the status of Ingresses, of both edges."
  value       = concat(module.aws.addresses, module.cloudflare.addresses)
}
