variable "name" {
  description = "Name of the control function, and of what belongs to it."
  type        = string
  default     = "portolan-control"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$", var.name))
    error_message = "Cannot name the control function \"${var.name}\": use at most 40 lower-case letters, digits and inner hyphens."
  }
}

variable "store_bucket" {
  description = "Name of the S3 bucket that is the store, which this module makes; bucket names are shared by all of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.store_bucket))
    error_message = "Cannot make the bucket \"${var.store_bucket}\": use 3 to 63 lower-case letters, digits and inner hyphens."
  }
}

variable "artefact" {
  description = "Package of the function: dist/control-lambda.zip, built with the folder that portolan.yaml is in."
  type        = string

  validation {
    condition     = fileexists(var.artefact) && endswith(var.artefact, ".zip")
    error_message = "Cannot upload \"${var.artefact}\": there is no such zip file; run npm run build and give dist/control-lambda.zip."
  }
}

variable "zones" {
  description = "Route 53 zones that it may write to: the output zone of route53-zone. names: what it may write there, a name or a pattern with *; without, the whole zone."
  type = list(object({
    id    = string
    name  = string
    arn   = string
    names = optional(list(string))
  }))
  default = []

  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^[A-Z0-9]{1,32}$", zone.id))])
    error_message = "Cannot write to ${join(", ", [for zone in var.zones : "\"${zone.id}\"" if !can(regex("^[A-Z0-9]{1,32}$", zone.id))])}: not the id of a hosted zone."
  }
  validation {
    condition     = alltrue([for zone in var.zones : can(regex("^arn:aws[a-z-]*:route53:::hostedzone/${zone.id}$", zone.arn))])
    error_message = "Cannot write to ${join(", ", [for zone in var.zones : "\"${zone.name}\"" if !can(regex("^arn:aws[a-z-]*:route53:::hostedzone/${zone.id}$", zone.arn))])}: arn is not the ARN of the zone with that id."
  }
  validation {
    condition     = alltrue(flatten([for zone in var.zones : [for name in coalesce(zone.names, []) : name == zone.name || endswith(name, ".${zone.name}")]]))
    error_message = "Cannot write ${join(", ", flatten([for zone in var.zones : [for name in coalesce(zone.names, []) : "\"${name}\" in \"${zone.name}\"" if !(name == zone.name || endswith(name, ".${zone.name}"))]]))}: the name is outside the zone."
  }
}

variable "record_types" {
  description = "Types of records that it may write. TXT holds the marks of ownership."
  type        = set(string)
  default     = ["A", "AAAA", "CNAME", "TXT"]

  validation {
    condition     = length(setsubtract(var.record_types, ["A", "AAAA", "CNAME", "HTTPS", "SRV", "SVCB", "TXT"])) == 0
    error_message = "Cannot write ${join(", ", [for type in setsubtract(var.record_types, ["A", "AAAA", "CNAME", "HTTPS", "SRV", "SVCB", "TXT"]) : "\"${type}\""])}: Portolan writes A, AAAA, CNAME, HTTPS, SRV, SVCB and TXT."
  }
  validation {
    condition     = contains(var.record_types, "TXT")
    error_message = "Cannot write records without TXT: ownership is marked there, and a record without a mark is never touched again."
  }
}

variable "readers" {
  description = "What reads the store for edges: the output reader_arn of aws-edge, ARNs of CloudFront distributions. Nobody else may."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.readers : can(regex("^arn:aws[a-z-]*:cloudfront::[0-9]{12}:distribution/[A-Z0-9]+$", arn))])
    error_message = "Cannot let ${join(", ", [for arn in var.readers : "\"${arn}\"" if !can(regex("^arn:aws[a-z-]*:cloudfront::[0-9]{12}:distribution/[A-Z0-9]+$", arn))])} read the store: not the ARN of a CloudFront distribution."
  }
}

variable "edge_addresses" {
  description = "Where users reach the edges: the output addresses of an edge's module, or host names such as the output hostname. They become the address of Ingresses, besides edgeAddresses of portolan.yaml."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.edge_addresses : can(cidrhost("${one}/32", 0)) || can(cidrhost("${one}/128", 0)) || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", one))])
    error_message = "Cannot give Ingresses the address ${join(", ", [for one in var.edge_addresses : "\"${one}\"" if !(can(cidrhost("${one}/32", 0)) || can(cidrhost("${one}/128", 0)) || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", one)))])}: not an IP address, nor a lower-case host name without a final dot."
  }
}

variable "cluster_roles" {
  description = "Roles that it may assume to reach EKS clusters of other accounts: those that their kubeconfig names."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.cluster_roles : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?]+$", arn))])
    error_message = "Cannot assume ${join(", ", [for arn in var.cluster_roles : "\"${arn}\"" if !can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/[^*?]+$", arn))])}: not the ARN of one role."
  }
}

variable "publish_to" {
  description = "Buckets of edges that it may write to besides its own: the output snapshot_bucket of aws-edge, where an edge has one."
  type = list(object({
    name = string
    arn  = string
  }))
  default = []

  validation {
    condition     = alltrue([for one in var.publish_to : can(regex("^arn:aws[a-z-]*:s3:::[^/*]+$", one.arn)) && endswith(one.arn, ":${one.name}")])
    error_message = "Cannot publish to ${join(", ", [for one in var.publish_to : "\"${one.name}\"" if !(can(regex("^arn:aws[a-z-]*:s3:::[^/*]+$", one.arn)) && endswith(one.arn, ":${one.name}"))])}: arn is not the ARN of the bucket of that name."
  }
}

variable "every_minutes" {
  description = "How often it runs."
  type        = number
  default     = 1

  validation {
    condition     = var.every_minutes >= 1 && var.every_minutes <= 60 && floor(var.every_minutes) == var.every_minutes
    error_message = "Cannot run every ${var.every_minutes} minutes: give whole minutes from 1 to 60."
  }
}

variable "budget_seconds" {
  description = "Time of one run; it stops cleanly before that and resumes in the next."
  type        = number
  default     = 240

  validation {
    condition     = var.budget_seconds >= 30 && var.budget_seconds <= 900 && floor(var.budget_seconds) == var.budget_seconds
    error_message = "Cannot run for ${var.budget_seconds} s: give whole seconds from 30 to 900."
  }
}

variable "memory_mb" {
  description = "Memory of the function in MB; its share of a core grows with it."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_mb >= 256 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "Cannot run in ${var.memory_mb} MB: give whole megabytes from 256 to 10240."
  }
}

variable "log_days" {
  description = "Days that its log is kept."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_days)
    error_message = "Cannot keep the log ${var.log_days} days: CloudWatch knows 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 and 400."
  }
}

variable "keep_store_on_destroy" {
  description = "True: destroy fails while the store holds anything, its journal and earlier generations included."
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
