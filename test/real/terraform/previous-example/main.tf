# Everything on AWS: a zone, an edge on CloudFront, and the control function.

terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

provider "aws" {
  region = var.region
}

# CloudFront takes functions and certificates of this region only.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

module "zone" {
  source = "../../modules/route53-zone"

  name                    = "gslb.${var.domain}"
  parent_zone_id          = var.domain_zone_id
  keep_records_on_destroy = false
}

module "edge" {
  source    = "../../modules/aws-edge"
  providers = { aws = aws.us_east_1 }

  snapshot_bucket = "${var.prefix}-snapshots"
  artefact        = var.edge_artefact
  origins         = var.origins
  public_keys     = var.public_keys
  hosts           = ["*.${var.domain}"]
  certificate     = { zone_id = var.domain_zone_id }
}

module "control" {
  source = "../../modules/control-lambda"

  store_bucket          = "${var.prefix}-store"
  artefact              = var.control_artefact
  zones                 = [module.zone.zone]
  publish_to            = [module.edge.snapshot_bucket]
  keep_store_on_destroy = false
}
