variable "name" {
  description = "Name of the zone, without the final dot: the names that Portolan publishes lie in it."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.name))
    error_message = "Cannot make the zone \"${var.name}\": it is not a lower-case domain name without a final dot; give one such as \"gslb.example.org\"."
  }
}

variable "parent_zone_id" {
  description = "Id of the Route 53 zone above this one, which then gets the NS records that delegate to it. Null: you delegate yourself."
  type        = string
  default     = null

  validation {
    condition     = var.parent_zone_id == null || can(regex("^[A-Z0-9]{1,32}$", var.parent_zone_id))
    error_message = "Cannot delegate from \"${var.parent_zone_id == null ? "" : var.parent_zone_id}\": it is not the id of a hosted zone; give one such as \"Z0123456789ABC\", or null."
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

variable "health_checks" {
  description = "Optional Route 53 health checks by name, one for each origin that DNS alone must move away from."
  type = map(object({
    host     = string
    port     = optional(number, 443)
    path     = optional(string, "/")
    type     = optional(string, "HTTPS")
    interval = optional(number, 30)
    failures = optional(number, 3)
  }))
  default = {}

  validation {
    condition     = alltrue([for name, one in var.health_checks : can(regex("^[A-Za-z0-9.-]{1,253}$", one.host))])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\"" if !can(regex("^[A-Za-z0-9.-]{1,253}$", one.host))])}: host is no host name or IPv4 address."
  }
  validation {
    condition     = alltrue([for one in var.health_checks : contains(["HTTP", "HTTPS", "TCP"], one.type)])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\" by \"${one.type}\"" if !contains(["HTTP", "HTTPS", "TCP"], one.type)])}: type is HTTP, HTTPS or TCP."
  }
  validation {
    condition     = alltrue([for one in var.health_checks : one.port >= 1 && one.port <= 65535])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\" at port ${one.port}" if one.port < 1 || one.port > 65535])}: port is 1 to 65535."
  }
  validation {
    condition     = alltrue([for one in var.health_checks : startswith(one.path, "/")])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\" at \"${one.path}\"" if !startswith(one.path, "/")])}: path begins with a slash."
  }
  validation {
    condition     = alltrue([for one in var.health_checks : contains([10, 30], one.interval)])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\" every ${one.interval} s" if !contains([10, 30], one.interval)])}: Route 53 checks every 10 or 30 seconds."
  }
  validation {
    condition     = alltrue([for one in var.health_checks : one.failures >= 1 && one.failures <= 10])
    error_message = "Cannot check ${join(", ", [for name, one in var.health_checks : "\"${name}\" with ${one.failures} failures" if one.failures < 1 || one.failures > 10])}: failures is 1 to 10."
  }
}

variable "keep_records_on_destroy" {
  description = "True: destroy fails while the zone holds records other than its own. False: destroy removes what Portolan published."
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags of everything in this module."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:") && length(key) <= 128])
    error_message = "Cannot tag with ${join(", ", [for key in keys(var.tags) : "\"${key}\"" if startswith(lower(key), "aws:") || length(key) > 128])}: a key may not begin with \"aws:\" nor be longer than 128."
  }
}
