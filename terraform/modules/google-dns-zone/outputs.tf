output "zone" {
  description = "The zone as the control function takes it: provider, project, id and name."
  value = {
    provider = "google"
    project  = var.project
    id       = google_dns_managed_zone.this.name
    name     = var.name
  }
}

output "name_servers" {
  description = "Name servers of the zone, for a delegation in a parent elsewhere."
  value       = google_dns_managed_zone.this.name_servers
}
