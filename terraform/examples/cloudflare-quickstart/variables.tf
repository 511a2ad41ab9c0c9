variable "account_id" {
  description = "Id of the Cloudflare account."
  type        = string
}

variable "zone" {
  description = "Id and name of the zone."
  type        = object({ id = string, name = string })
}

variable "public_keys" {
  description = "Public keys that sign snapshots, as JWK."
  type        = map(object({ kty = string, crv = string, x = string, y = string }))
}

variable "snapshot_url" {
  description = "Where control serves the store over HTTPS, as the second store; null without."
  type        = string
  default     = null
}

variable "secrets" {
  description = "Where in the Secrets Store HOP_KEYS, PIN_KEYS and DEBUG_TOKEN are."
  type        = map(object({ store_id = string, secret_name = string }))
  default     = {}
}

variable "artefact" {
  description = "Folder of the Worker's modules."
  type        = string
  default     = "../../../dist/cloudflare"
}
