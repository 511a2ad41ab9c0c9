variable "name" {
  description = "Name of the edge, and of what belongs to it."
  type        = string
  default     = "portolan-edge"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "Cannot name the edge \"${var.name}\": use at most 40 lower-case letters, digits and inner hyphens."
  }
}

variable "store" {
  description = "The store of control-lambda, its output store: edges read there what control writes, and control-lambda takes the output reader_arn as a reader. Null: a bucket of the edge's own, see snapshot_bucket."
  type = object({
    name   = string
    arn    = string
    domain = string
  })
  default = null

  validation {
    condition     = var.store == null ? true : can(regex("^arn:aws[a-z-]*:s3:::[^/*]+$", var.store.arn)) && endswith(var.store.arn, ":${var.store.name}")
    error_message = "Cannot read snapshots from \"${var.store == null ? "" : var.store.name}\": arn is not the ARN of the bucket of that name."
  }
  validation {
    condition     = var.store == null ? true : can(regex("^[a-z0-9.-]+\\.s3[a-z0-9.-]*\\.amazonaws\\.com(\\.cn)?$", var.store.domain))
    error_message = "Cannot read snapshots at \"${var.store == null ? "" : var.store.domain}\": it is not the regional domain name of a bucket."
  }
}

variable "snapshot_bucket" {
  description = "Name of an S3 bucket for snapshots of this edge alone, which this module makes and control publishes to; bucket names are shared by all of AWS. Null: the edge reads store."
  type        = string
  default     = null

  validation {
    condition     = var.snapshot_bucket == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.snapshot_bucket))
    error_message = "Cannot make the bucket \"${var.snapshot_bucket == null ? "" : var.snapshot_bucket}\": use 3 to 63 lower-case letters, digits and inner hyphens."
  }
  validation {
    condition     = (var.snapshot_bucket == null) != (var.store == null)
    error_message = "Cannot tell where the snapshots are: give either store, of control-lambda, or snapshot_bucket."
  }
}

variable "artefact" {
  description = "Package of the Lambda@Edge function: dist/lambda-edge.zip. Keys that sign requests to gateways are built into it."
  type        = string

  validation {
    condition     = fileexists(var.artefact) && endswith(var.artefact, ".zip")
    error_message = "Cannot upload \"${var.artefact}\": there is no such zip file; run npm run build and give dist/lambda-edge.zip."
  }
}

variable "origins" {
  description = "Where CloudFront connects before the function has chosen: host names of two clusters' entrances. The second is tried after the first for the paths of read_only_paths."
  type = object({
    first  = string
    second = string
  })

  validation {
    condition     = alltrue([for host in values(var.origins) : can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])
    error_message = "Cannot connect to ${join(" or ", [for host in values(var.origins) : "\"${host}\""])}: CloudFront takes lower-case host names, no addresses."
  }
  validation {
    condition     = var.origins.first != var.origins.second
    error_message = "Cannot fail over from \"${var.origins.first}\" to itself: give the entrances of two clusters."
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
  description = "Hosts that the edge answers: names, or wildcards such as *.example.org. None: it answers under its own CloudFront name only."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for host in var.hosts : can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])
    error_message = "Cannot answer ${join(", ", [for host in var.hosts : "\"${host}\"" if !can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", host))])}: not a lower-case host name, nor *. before one."
  }
}

variable "certificate" {
  description = "How the hosts get their certificate: zone_id of a Route 53 zone, in which a new one is validated, or arn of one in us-east-1 that you have."
  type = object({
    zone_id = optional(string)
    arn     = optional(string)
  })
  default = {}

  validation {
    condition     = length(var.hosts) == 0 || (var.certificate.zone_id == null) != (var.certificate.arn == null)
    error_message = "Cannot get a certificate for ${join(", ", [for host in var.hosts : "\"${host}\""])}: give exactly one of certificate.zone_id and certificate.arn."
  }
  validation {
    condition     = var.certificate.arn == null ? true : can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.certificate.arn))
    error_message = "Cannot use the certificate \"${var.certificate.arn == null ? "" : var.certificate.arn}\": CloudFront takes those of ACM in us-east-1 only."
  }
  validation {
    condition     = var.certificate.zone_id == null ? true : can(regex("^[A-Z0-9]{1,32}$", var.certificate.zone_id))
    error_message = "Cannot validate in the zone \"${var.certificate.zone_id == null ? "" : var.certificate.zone_id}\": it is not the id of a hosted zone."
  }
}

variable "read_only_paths" {
  description = "Path patterns that take GET, HEAD and OPTIONS only. For these CloudFront asks the second origin when the first fails; it refuses other methods there."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for path in var.read_only_paths : can(regex("^/[A-Za-z0-9_.*$/~\"'@:+&?-]{0,254}$", path))])
    error_message = "Cannot make ${join(", ", [for path in var.read_only_paths : "\"${path}\""])} read-only: a pattern begins with a slash and has at most 255 characters."
  }
  validation {
    condition     = length(var.read_only_paths) <= 24
    error_message = "Cannot have ${length(var.read_only_paths)} read-only paths: CloudFront allows 25 behaviours, and one is the default."
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

variable "price_class" {
  description = "Which of CloudFront's places answer: PriceClass_100, PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "Cannot use the price class \"${var.price_class}\": there are PriceClass_100, PriceClass_200 and PriceClass_All."
  }
}

variable "web_acl_arn" {
  description = "ARN of a web ACL of AWS WAF, of scope CLOUDFRONT. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null ? true : can(regex("^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/", var.web_acl_arn))
    error_message = "Cannot put the web ACL \"${var.web_acl_arn == null ? "" : var.web_acl_arn}\" before the edge: it is not one of scope CLOUDFRONT."
  }
}

variable "keep_snapshots_on_destroy" {
  description = "True: destroy fails while the edge's own bucket holds snapshots."
  type        = bool
  default     = false
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
