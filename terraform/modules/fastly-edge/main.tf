locals {
  snapshot_host = var.snapshot_url == null ? null : regex("^https://([a-z0-9.-]+)", var.snapshot_url)[0]
  backends      = merge(var.origins, local.snapshot_host == null ? {} : { snapshots = local.snapshot_host })
  settings = merge(
    {
      AUDIENCE    = var.audience
      EDGE_NAME   = var.name
      PUBLIC_KEYS = jsonencode(var.public_keys)
      # The edge uses a backend of the service for a host that has one, and makes the others itself.
      BACKENDS = jsonencode({ for name, host in var.origins : host => name })
    },
    var.snapshot_url == null ? {} : { SNAPSHOT_URL = var.snapshot_url },
  )
}

resource "fastly_kvstore" "snapshots" {
  name          = "${var.name}-snapshots"
  force_destroy = !var.keep_on_destroy
}

resource "fastly_configstore" "settings" {
  name          = "${var.name}-settings"
  force_destroy = !var.keep_on_destroy
}

resource "fastly_configstore_entries" "settings" {
  store_id       = fastly_configstore.settings.id
  entries        = local.settings
  manage_entries = true
}

# Secrets are put into it by hand or by a pipeline; Terraform never sees them.
resource "fastly_secretstore" "secrets" {
  name = "${var.name}-secrets"
}

resource "fastly_service_compute" "edge" {
  name          = var.name
  comment       = "Portolan: chooses the cluster of each request"
  force_destroy = !var.keep_on_destroy

  package {
    filename         = var.artefact
    source_code_hash = filesha512(var.artefact)
  }

  dynamic "domain" {
    for_each = var.hosts
    content {
      name = domain.value
    }
  }

  dynamic "backend" {
    for_each = local.backends
    content {
      name                  = backend.key
      address               = backend.value
      port                  = 443
      use_ssl               = true
      ssl_check_cert        = true
      ssl_cert_hostname     = backend.value
      ssl_sni_hostname      = backend.value
      min_tls_version       = "1.2"
      connect_timeout       = 1000
      first_byte_timeout    = 30000
      between_bytes_timeout = 30000
    }
  }

  resource_link {
    name        = "snapshots"
    resource_id = fastly_kvstore.snapshots.id
  }

  resource_link {
    name        = "settings"
    resource_id = fastly_configstore.settings.id
  }

  resource_link {
    name        = "secrets"
    resource_id = fastly_secretstore.secrets.id
  }
}

resource "fastly_tls_subscription" "hosts" {
  for_each = var.certificate_authority == null ? [] : var.hosts

  domains               = [each.value]
  certificate_authority = var.certificate_authority
  force_destroy         = !var.keep_on_destroy

  # Fastly issues certificates for domains of an active service only.
  depends_on = [fastly_service_compute.edge]
}

resource "fastly_tls_subscription_validation" "hosts" {
  for_each = var.await_certificates ? fastly_tls_subscription.hosts : {}

  subscription_id = each.value.id
}
