variable "name" {
  description = "Name of the zone, without the final dot: the names that Portolan publishes lie in it."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.name))
    error_message = "Cannot make the zone \"${var.name}\": it is not a lower-case domain name without a final dot; give one such as \"gslb.example.org\"."
  }
}

variable "project" {
  description = "Project that the zone belongs to."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project))
    error_message = "Cannot make a zone in the project \"${var.project}\": a project id has 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "parent_zone" {
  description = "Name in Cloud DNS of the managed zone above this one, in the same project, which then gets the NS records that delegate to it. Null: you delegate yourself."
  type        = string
  default     = null

  validation {
    condition     = var.parent_zone == null ? true : can(regex("^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.parent_zone))
    error_message = "Cannot delegate from \"${var.parent_zone == null ? "" : var.parent_zone}\": it is the name of a managed zone, which has no dots, not of a domain."
  }
}

variable "delegation_ttl" {
  description = "Seconds that resolvers keep the delegation."
  type        = number
  default     = 3600

  validation {
    condition     = var.delegation_ttl >= 60 && var.delegation_ttl <= 172800 && floor(var.delegation_ttl) == var.delegation_ttl
    error_message = "Cannot delegate with a TTL of ${var.delegation_ttl}: give whole seconds from 60 to 172800."
  }
}

variable "dnssec" {
  description = "True: Cloud DNS signs the zone. The parent then needs a DS record, which Cloud DNS shows."
  type        = bool
  default     = false
}

variable "writer" {
  description = "Identity of the control function, which may then write to this zone and to no other, such as serviceAccount:portolan@project.iam.gserviceaccount.com. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.writer == null ? true : can(regex("^(serviceAccount|principal|principalSet):.+$", var.writer))
    error_message = "Cannot let \"${var.writer == null ? "" : var.writer}\" write: give a serviceAccount:, principal: or principalSet:."
  }
}

variable "keep_records_on_destroy" {
  description = "True: destroy fails while the zone holds records other than its own. False: destroy removes what Portolan published."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels of the zone."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "Cannot label with ${join(", ", [for key, value in var.labels : "\"${key}=${value}\"" if !(can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value)))])}: use lower-case letters, digits, hyphens and underscores."
  }
}
