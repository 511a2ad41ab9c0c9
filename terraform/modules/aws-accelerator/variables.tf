variable "name" {
  description = "Name of the accelerator."
  type        = string
  default     = "portolan-edge"

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?$", var.name))
    error_message = "Cannot name the accelerator \"${var.name}\": use at most 64 letters, digits and inner hyphens."
  }
}

variable "edges" {
  description = "Node edges by AWS region: ARNs of their load balancers (network or application), ids of their instances, or allocation ids of their Elastic IPs. weight shares a region's users among them."
  type = map(list(object({
    endpoint = string
    weight   = optional(number, 128)
  })))

  validation {
    condition     = length(var.edges) >= 1 && alltrue([for endpoints in values(var.edges) : length(endpoints) >= 1 && length(endpoints) <= 10])
    error_message = "Cannot lead to ${length(var.edges)} regions: give at least one, and one to ten edges in each."
  }
  validation {
    condition     = alltrue([for region in keys(var.edges) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Cannot lead to ${join(", ", [for region in keys(var.edges) : "\"${region}\"" if !can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])}: not an AWS region."
  }
  validation {
    condition     = alltrue([for one in flatten(values(var.edges)) : can(regex("^(arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/(net|app)/[^/]+/[^/]+|i-[0-9a-f]{8,17}|eipalloc-[0-9a-f]{8,17})$", one.endpoint))])
    error_message = "Cannot lead to ${join(", ", [for one in flatten(values(var.edges)) : "\"${one.endpoint}\"" if !can(regex("^(arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/(net|app)/[^/]+/[^/]+|i-[0-9a-f]{8,17}|eipalloc-[0-9a-f]{8,17})$", one.endpoint))])}: neither the ARN of a load balancer, nor the id of an instance or of an Elastic IP."
  }
  validation {
    condition     = alltrue(flatten([for region, list in var.edges : [for one in list : !startswith(one.endpoint, "arn:") || try(split(":", one.endpoint)[3], "") == region]]))
    error_message = "Cannot lead to ${join(", ", flatten([for region, list in var.edges : [for one in list : "\"${one.endpoint}\" in \"${region}\"" if startswith(one.endpoint, "arn:") && try(split(":", one.endpoint)[3], "") != region]]))}: it is of another region."
  }
  validation {
    condition     = alltrue([for one in flatten(values(var.edges)) : one.weight >= 0 && one.weight <= 255 && floor(one.weight) == one.weight])
    error_message = "Cannot weigh an edge ${join(", ", [for one in flatten(values(var.edges)) : tostring(one.weight) if !(one.weight >= 0 && one.weight <= 255 && floor(one.weight) == one.weight)])}: give whole numbers from 0 to 255."
  }
}

variable "ports" {
  description = "Ports that the edges answer at."
  type        = set(number)
  default     = [80, 443]

  validation {
    condition     = length(var.ports) >= 1 && alltrue([for port in var.ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "Cannot listen on ${length(var.ports) == 0 ? "no port" : join(", ", [for port in var.ports : tostring(port) if !(port >= 1 && port <= 65535 && floor(port) == port)])}: give at least one port from 1 to 65535."
  }
}

variable "health_port" {
  description = "Port whose connections tell whether an edge lives. Every path there belongs to the routes of users, so none is asked for."
  type        = number
  default     = 443

  validation {
    condition     = var.health_port >= 1 && var.health_port <= 65535 && floor(var.health_port) == var.health_port
    error_message = "Cannot check edges at port ${var.health_port}: give 1 to 65535."
  }
}

variable "preserve_client_address" {
  description = "True: edges see the client's address. False where an edge cannot, such as one behind an Elastic IP: it then sees the accelerator's, and no place of a client."
  type        = bool
  default     = true

  validation {
    condition     = !var.preserve_client_address || alltrue([for one in flatten(values(var.edges)) : !startswith(one.endpoint, "eipalloc-")])
    error_message = "Cannot keep the client's address at ${join(", ", [for one in flatten(values(var.edges)) : "\"${one.endpoint}\"" if startswith(one.endpoint, "eipalloc-")])}: Global Accelerator does not at an Elastic IP; set it to false, or give the instance behind it."
  }
}

variable "enabled" {
  description = "False: the addresses stay yours and lead nowhere."
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
