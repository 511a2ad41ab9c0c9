variable "name" {
  description = "Name of the service, and of its stores."
  type        = string
  default     = "portolan-edge"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$", var.name))
    error_message = "Cannot name the service \"${var.name}\": use at most 54 lower-case letters, digits and inner hyphens."
  }
}

variable "artefact" {
  description = "Package of the service: dist/fastly.tar.gz."
  type        = string

  validation {
    condition     = fileexists(var.artefact) && endswith(var.artefact, ".tar.gz")
    error_message = "Cannot upload \"${var.artefact}\": there is no such package; run npm run build and give dist/fastly.tar.gz."
  }
}

variable "hosts" {
  description = "Hosts that the edge answers: names, or wildcards such as *.example.org."
  type        = set(string)

  validation {
    condition     = length(var.hosts) > 0
    error_message = "Cannot make a service without a host: Fastly activates none."
  }
  validation {
    condition     = alltrue([for host in var.hosts : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])
    error_message = "Cannot answer ${join(", ", [for host in var.hosts : "\"${host}\"" if !can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])}: not a lower-case host name, nor *. before one."
  }
}

variable "origins" {
  description = "Entrances of the clusters by cluster name: host names that Fastly connects to on port 443."
  type        = map(string)

  validation {
    condition     = length(var.origins) >= 1 && length(var.origins) <= 32
    error_message = "Cannot have ${length(var.origins)} origins: give 1 to 32, as many as one request may ask."
  }
  validation {
    condition     = alltrue([for host in values(var.origins) : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])
    error_message = "Cannot connect to ${join(", ", [for name, host in var.origins : "\"${host}\"" if !can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])}: not a lower-case host name."
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

variable "snapshot_url" {
  description = "Base address of a second store, asked when the KV store fails; its host becomes a backend. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.snapshot_url == null ? true : can(regex("^https://[a-z0-9.-]+(/[^?#]*)?$", var.snapshot_url))
    error_message = "Cannot read snapshots from \"${var.snapshot_url == null ? "" : var.snapshot_url}\": give an https address without port and query."
  }
}

variable "certificate_authority" {
  description = "Who issues the certificates of the hosts: certainly, lets-encrypt or globalsign. Null: you bring them."
  type        = string
  default     = "certainly"

  validation {
    condition     = var.certificate_authority == null ? true : contains(["certainly", "lets-encrypt", "globalsign"], var.certificate_authority)
    error_message = "Cannot get certificates from \"${var.certificate_authority == null ? "" : var.certificate_authority}\": Fastly knows certainly, lets-encrypt and globalsign."
  }
}

variable "await_certificates" {
  description = "True: apply goes on until the certificates are valid, for whoever makes the records of the output challenges in the same apply. False: it does not wait."
  type        = bool
  default     = false

  validation {
    condition     = !var.await_certificates || var.certificate_authority != null
    error_message = "Cannot wait for certificates that you bring: give certificate_authority, or leave await_certificates."
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

variable "keep_on_destroy" {
  description = "True: destroy fails while the service is active or its stores hold something."
  type        = bool
  default     = false
}
