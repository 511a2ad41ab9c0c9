locals {
  wildcards = toset([for host in var.hosts : host if startswith(host, "*.")])
  # Universal SSL covers the zone and one level below; a deeper wildcard needs a certificate of its own.
  deep_wildcards = toset([for host in local.wildcards : host if host != "*.${var.zone.name}"])
  # An address that is never asked: the Worker answers before it. RFC 6666 discards what is sent there.
  nowhere = "100::"

  plain_bindings = merge(
    {
      AUDIENCE     = var.audience
      POLL_SECONDS = tostring(var.poll_seconds)
    },
    var.same_zone_origins ? { ZONE = var.zone.name } : {},
    var.snapshot_url == null ? {} : { SNAPSHOT_URL = var.snapshot_url },
  )
  json_bindings = merge(
    { PUBLIC_KEYS = jsonencode(var.public_keys) },
    var.bundled_snapshot == null ? {} : { BUNDLED_SNAPSHOT = file(var.bundled_snapshot) },
  )
}

resource "cloudflare_workers_kv_namespace" "snapshots" {
  account_id = var.account_id
  title      = "${var.name}-snapshots"
}

resource "cloudflare_worker" "edge" {
  account_id = var.account_id
  name       = var.name
  subdomain = {
    enabled          = false
    previews_enabled = false
  }
  observability = {
    enabled = var.logs
  }
}

resource "cloudflare_worker_version" "edge" {
  account_id          = var.account_id
  worker_id           = cloudflare_worker.edge.id
  main_module         = "cloudflare.js"
  compatibility_date  = "2026-08-01"
  compatibility_flags = ["enable_request_signal"]

  modules = [
    for file in sort(fileset(var.artefact, "*.js")) : {
      name         = file
      content_file = "${var.artefact}/${file}"
      content_type = "application/javascript+module"
    }
  ]
  bindings = concat(
    [
      {
        type         = "kv_namespace"
        name         = "SNAPSHOTS"
        namespace_id = cloudflare_workers_kv_namespace.snapshots.id
      }
    ],
    [
      for name, text in local.plain_bindings : {
        type = "plain_text"
        name = name
        text = text
      }
    ],
    [
      for name, json in local.json_bindings : {
        type = "json"
        name = name
        json = json
      }
    ],
    [
      for name, secret in var.secrets : {
        type        = "secrets_store_secret"
        name        = name
        store_id    = secret.store_id
        secret_name = secret.secret_name
      }
    ],
  )
}

resource "cloudflare_workers_deployment" "edge" {
  account_id  = var.account_id
  script_name = cloudflare_worker.edge.name
  strategy    = "percentage"
  versions = [
    {
      version_id = cloudflare_worker_version.edge.id
      percentage = 100
    }
  ]
}

# A name of its own: Cloudflare makes its DNS record and its certificate.
resource "cloudflare_workers_custom_domain" "host" {
  for_each = setsubtract(var.hosts, local.wildcards)

  account_id = var.account_id
  zone_id    = var.zone.id
  hostname   = each.value
  service    = cloudflare_worker.edge.name

  depends_on = [cloudflare_workers_deployment.edge]
}

resource "cloudflare_dns_record" "wildcard" {
  for_each = local.wildcards

  zone_id = var.zone.id
  name    = each.value
  type    = "AAAA"
  content = local.nowhere
  ttl     = 1
  proxied = true
  comment = "Portolan: answered by the Worker ${var.name}"
}

resource "cloudflare_workers_route" "wildcard" {
  for_each = local.wildcards

  zone_id = var.zone.id
  pattern = "${each.value}/*"
  script  = cloudflare_worker.edge.name

  depends_on = [cloudflare_workers_deployment.edge]
}

resource "cloudflare_certificate_pack" "wildcard" {
  for_each = local.deep_wildcards

  zone_id               = var.zone.id
  type                  = "advanced"
  hosts                 = [var.zone.name, each.value]
  certificate_authority = "lets_encrypt"
  validation_method     = "txt"
  validity_days         = 90
}

resource "cloudflare_dns_record" "target" {
  count = var.custom_hostname_target == null ? 0 : 1

  zone_id = var.zone.id
  name    = var.custom_hostname_target
  type    = "AAAA"
  content = local.nowhere
  ttl     = 1
  proxied = true
  comment = "Portolan: custom hostnames point here"
}

resource "cloudflare_custom_hostname_fallback_origin" "target" {
  count = var.custom_hostname_target == null ? 0 : 1

  zone_id = var.zone.id
  origin  = cloudflare_dns_record.target[0].name
}

resource "cloudflare_workers_route" "custom_hostnames" {
  count = var.custom_hostname_target == null ? 0 : 1

  zone_id = var.zone.id
  pattern = "*/*"
  script  = cloudflare_worker.edge.name

  depends_on = [cloudflare_workers_deployment.edge]
}
