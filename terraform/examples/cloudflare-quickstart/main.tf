# The smallest start: one Worker that answers every host of a wildcard, and the store that control publishes to.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = ">= 5.14, < 6.0"
    }
  }
}

# The token comes from CLOUDFLARE_API_TOKEN. It needs Workers Scripts, Workers KV and Secrets Store of the account, and
# Workers Routes, DNS and SSL of the zone, each to edit.
provider "cloudflare" {}

module "edge" {
  source = "../../modules/cloudflare-edge"

  account_id   = var.account_id
  zone         = var.zone
  artefact     = var.artefact
  public_keys  = var.public_keys
  hosts        = ["*.${var.zone.name}"]
  snapshot_url = var.snapshot_url
  secrets      = var.secrets
}
