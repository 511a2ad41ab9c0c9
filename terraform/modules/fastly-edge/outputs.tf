output "service_id" {
  description = "Id of the service."
  value       = fastly_service_compute.edge.id
}

output "stores" {
  description = "Ids of the stores: control publishes to snapshots, you put HOP_KEYS, PIN_KEYS and DEBUG_TOKEN into secrets."
  value = {
    snapshots = fastly_kvstore.snapshots.id
    settings  = fastly_configstore.settings.id
    secrets   = fastly_secretstore.secrets.id
  }
}

output "challenges" {
  description = "DNS records that prove the hosts to the certificate authority, by host."
  value       = { for host, one in fastly_tls_subscription.hosts : host => one.managed_dns_challenges }
}

output "certified_hosts" {
  description = "Hosts whose certificates were seen to be valid: what DNS may move to. Empty without await_certificates."
  value       = keys(fastly_tls_subscription_validation.hosts)
}

output "addresses" {
  description = "Static addresses of the edge, for the status of Ingresses. Fastly gives anycast addresses for apex domains on request only, so there are none: an Ingress shows host names."
  value       = []
}
