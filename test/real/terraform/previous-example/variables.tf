variable "region" {
  description = "Region of the control function and its store."
  type        = string
  default     = "eu-central-1"
}

variable "prefix" {
  description = "Begin of the names of the buckets, which are shared by all of AWS."
  type        = string
}

variable "domain" {
  description = "Your domain, for example example.org."
  type        = string
}

variable "domain_zone_id" {
  description = "Id of its Route 53 zone."
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

variable "edge_artefact" {
  description = "The package of the edge."
  type        = string
  default     = "../../../dist/lambda-edge.zip"
}

variable "control_artefact" {
  description = "The package of the control function."
  type        = string
  default     = "../../../dist/control-lambda.zip"
}
