variable "prefix" {
  description = "Begin of the name of the bucket, which is shared by all of AWS."
  type        = string
}

variable "hostname" {
  description = "The zone to make; the host is www in it."
  type        = string
}

variable "parent_zone_id" {
  description = "Route 53 zone above it."
  type        = string
}

variable "origins" {
  description = "Entrances of two clusters, by host name."
  type        = object({ first = string, second = string })
}

variable "public_keys" {
  description = "Public keys that sign snapshots, as JWK."
  type        = map(object({ kty = string, crv = string, x = string, y = string }))
}

variable "cloudflare_account_id" {
  description = "Id of the Cloudflare account."
  type        = string
}

variable "cloudflare_zone" {
  description = "A zone on Cloudflare, on whose name the Worker is reached; Cloudflare for SaaS must be on."
  type        = object({ id = string, name = string })
}

variable "aws_artefact" {
  description = "The package of the edge on AWS."
  type        = string
  default     = "../../../dist/lambda-edge.zip"
}

variable "cloudflare_artefact" {
  description = "Folder of the Worker's modules."
  type        = string
  default     = "../../../dist/cloudflare"
}
