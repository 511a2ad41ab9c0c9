resource "google_dns_managed_zone" "this" {
  project       = var.project
  name          = replace(var.name, ".", "-")
  dns_name      = "${var.name}."
  description   = "Portolan: names of federated hosts"
  visibility    = "public"
  force_destroy = !var.keep_records_on_destroy
  labels        = var.labels

  dnssec_config {
    state = var.dnssec ? "on" : "off"
  }
}

resource "google_dns_record_set" "delegation" {
  count = var.parent_zone == null ? 0 : 1

  project      = var.project
  managed_zone = var.parent_zone
  name         = google_dns_managed_zone.this.dns_name
  type         = "NS"
  ttl          = var.delegation_ttl
  rrdatas      = google_dns_managed_zone.this.name_servers
}

resource "google_dns_managed_zone_iam_member" "writer" {
  count = var.writer == null ? 0 : 1

  project      = var.project
  managed_zone = google_dns_managed_zone.this.name
  role         = "roles/dns.admin"
  member       = var.writer
}
