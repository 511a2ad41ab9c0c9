variable "account_id" {
  description = "Id of the Cloudflare account."
  type        = string

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.account_id))
    error_message = "Cannot deploy to the account \"${var.account_id}\": an account id is 32 hexadecimal digits; the dashboard shows it beside the zone."
  }
}

variable "zone" {
  description = "The zone whose hosts the edge answers: its id and its name."
  type = object({
    id   = string
    name = string
  })

  validation {
    condition     = can(regex("^[0-9a-f]{32}$", var.zone.id))
    error_message = "Cannot use the zone \"${var.zone.id}\": a zone id is 32 hexadecimal digits."
  }
  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.zone.name))
    error_message = "Cannot use the zone \"${var.zone.name}\": it is not a lower-case domain name without a final dot."
  }
}

variable "name" {
  description = "Name of the Worker, and of what belongs to it."
  type        = string
  default     = "portolan-edge"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$", var.name))
    error_message = "Cannot name the Worker \"${var.name}\": use at most 54 lower-case letters, digits and inner hyphens."
  }
}

variable "artefact" {
  description = "Folder of the Worker's modules: dist/cloudflare, as npm run build makes it."
  type        = string

  validation {
    condition     = fileexists("${var.artefact}/cloudflare.js")
    error_message = "Cannot upload \"${var.artefact}\": it holds no cloudflare.js; run npm run build and give dist/cloudflare."
  }
}

variable "public_keys" {
  description = "Keys that sign snapshots, by id, as JWK (ECDSA P-256); two while one is replaced."
  type = map(object({
    kty = string
    crv = string
    x   = string
    y   = string
  }))

  validation {
    condition     = length(var.public_keys) >= 1 && length(var.public_keys) <= 4
    error_message = "Cannot trust ${length(var.public_keys)} keys: give one to four, or no snapshot is ever believed."
  }
  validation {
    condition     = alltrue([for key in values(var.public_keys) : key.kty == "EC" && key.crv == "P-256" && length(key.x) == 43 && length(key.y) == 43])
    error_message = "Cannot trust ${join(", ", [for id, key in var.public_keys : "\"${id}\"" if !(key.kty == "EC" && key.crv == "P-256" && length(key.x) == 43 && length(key.y) == 43)])}: not the public part of an ECDSA key of P-256 as JWK (kty EC, crv P-256, x and y of 43 characters)."
  }
}

variable "hosts" {
  description = "Hosts in the zone that the edge answers: names, each of which gets its own certificate, or wildcards such as *.example.org."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for host in var.hosts : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])
    error_message = "Cannot answer ${join(", ", [for host in var.hosts : "\"${host}\"" if !can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])}: not a lower-case host name, nor *. before one."
  }
  validation {
    condition     = alltrue([for host in var.hosts : host == var.zone.name || endswith(host, ".${var.zone.name}")])
    error_message = "Cannot answer ${join(", ", [for host in var.hosts : "\"${host}\"" if !(host == var.zone.name || endswith(host, ".${var.zone.name}"))])}: outside the zone \"${var.zone.name}\"; such a host is a custom hostname, see custom_hostname_target."
  }
}

variable "custom_hostname_target" {
  description = "A name in the zone that hosts of other zones point at; Portolan then attaches such hosts as custom hostnames. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.custom_hostname_target == null ? true : endswith(var.custom_hostname_target, ".${var.zone.name}")
    error_message = "Cannot have custom hostnames point at \"${var.custom_hostname_target == null ? "" : var.custom_hostname_target}\": it is not inside the zone \"${var.zone.name}\"."
  }
}

variable "snapshot_url" {
  description = "Base address of a second store, asked when Workers KV fails. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.snapshot_url == null ? true : can(regex("^https://[^/?#]+(/[^?#]*)?$", var.snapshot_url))
    error_message = "Cannot read snapshots from \"${var.snapshot_url == null ? "" : var.snapshot_url}\": give an https address without query."
  }
}

variable "bundled_snapshot" {
  description = "File with what the edge serves when it starts with every store down, as portolan snapshot bundle writes it. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.bundled_snapshot == null ? true : can(jsondecode(file(var.bundled_snapshot)))
    error_message = "Cannot bundle \"${var.bundled_snapshot == null ? "" : var.bundled_snapshot}\": it is not a file of JSON."
  }
  validation {
    condition     = var.bundled_snapshot == null ? true : try(length(file(var.bundled_snapshot)), 0) <= 5120
    error_message = "Cannot bundle \"${var.bundled_snapshot == null ? "" : var.bundled_snapshot}\": it has ${try(length(file(var.bundled_snapshot)), 0)} characters and a binding of Cloudflare holds 5,120; give snapshot_url as the second store instead."
  }
}

variable "secrets" {
  description = "Where in Cloudflare's Secrets Store the values of HOP_KEYS, PIN_KEYS and DEBUG_TOKEN are. The values never come here."
  type = map(object({
    store_id    = string
    secret_name = string
  }))
  default = {}

  validation {
    condition     = length(setsubtract(keys(var.secrets), ["HOP_KEYS", "PIN_KEYS", "DEBUG_TOKEN"])) == 0
    error_message = "Cannot bind ${join(", ", [for name in setsubtract(keys(var.secrets), ["HOP_KEYS", "PIN_KEYS", "DEBUG_TOKEN"]) : "\"${name}\""])}: the edge knows HOP_KEYS, PIN_KEYS and DEBUG_TOKEN."
  }
  validation {
    condition     = alltrue([for one in values(var.secrets) : can(regex("^[0-9a-f]{32}$", one.store_id))])
    error_message = "Cannot bind ${join(", ", [for name, one in var.secrets : "\"${name}\"" if !can(regex("^[0-9a-f]{32}$", one.store_id))])}: store_id is 32 hexadecimal digits."
  }
}

variable "audience" {
  description = "Fleet that snapshots must be meant for."
  type        = string
  default     = "portolan"

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,63}$", var.audience))
    error_message = "Cannot use the audience \"${var.audience}\": use at most 63 letters, digits, dots, hyphens and underscores."
  }
}

variable "poll_seconds" {
  description = "How often an isolate reads the store."
  type        = number
  default     = 10

  validation {
    condition     = var.poll_seconds >= 1 && var.poll_seconds <= 3600
    error_message = "Cannot poll every ${var.poll_seconds} s: give 1 to 3600."
  }
}

variable "same_zone_origins" {
  description = "True: origins inside the zone are reached by resolveOverride and see the public Host."
  type        = bool
  default     = true
}

variable "logs" {
  description = "True: the access log goes to Workers Logs."
  type        = bool
  default     = true
}
