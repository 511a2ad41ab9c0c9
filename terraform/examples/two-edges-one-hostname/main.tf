# One hostname, answered by CloudFront and by Cloudflare: each gets half, and one alone when the other is down.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = ">= 5.14, < 6.0"
    }
  }
}

# CloudFront takes functions and certificates of this region only.
provider "aws" {
  region = "us-east-1"
}

# The token comes from CLOUDFLARE_API_TOKEN.
provider "cloudflare" {}

# The hostname lies on Route 53, which can share it out; the zone on Cloudflare is another one.
module "zone" {
  source = "../../modules/route53-zone"

  name                    = var.hostname
  parent_zone_id          = var.parent_zone_id
  keep_records_on_destroy = false
  # Whether an edge accepts connections: every path belongs to the routes of users, so none can be asked for.
  health_checks = {
    aws        = { host = module.aws.hostname, type = "TCP" }
    cloudflare = { host = local.cloudflare_target, type = "TCP" }
  }
}

locals {
  cloudflare_target = "edge.${var.cloudflare_zone.name}"
  shares = {
    aws        = { target = module.aws.hostname, weight = 50 }
    cloudflare = { target = local.cloudflare_target, weight = 50 }
  }
}

module "aws" {
  source = "../../modules/aws-edge"

  snapshot_bucket = "${var.prefix}-snapshots"
  artefact        = var.aws_artefact
  origins         = var.origins
  public_keys     = var.public_keys
  hosts           = ["www.${var.hostname}"]
  certificate     = { zone_id = module.zone.zone.id }
}

# On Cloudflare the host is a custom hostname: Portolan attaches it, and DNS moves once its certificate is there.
module "cloudflare" {
  source = "../../modules/cloudflare-edge"

  account_id             = var.cloudflare_account_id
  zone                   = var.cloudflare_zone
  artefact               = var.cloudflare_artefact
  public_keys            = var.public_keys
  custom_hostname_target = local.cloudflare_target
  snapshot_url           = module.aws.snapshot_url
}

# Weights of one name. Portolan's DNS takes these over once it publishes to the zone: then remove them here.
resource "aws_route53_record" "share" {
  for_each = local.shares

  zone_id         = module.zone.zone.id
  name            = "www.${var.hostname}"
  type            = "CNAME"
  ttl             = 60
  records         = [each.value.target]
  set_identifier  = each.key
  health_check_id = module.zone.health_check_ids[each.key]

  weighted_routing_policy {
    weight = each.value.weight
  }
}
