variable "namespace" {
  description = "Namespace that this module makes, for everything of Portolan in this cluster."
  type        = string
  default     = "portolan-system"

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "Cannot make the namespace \"${var.namespace}\": use at most 63 lower-case letters, digits and inner hyphens."
  }
  validation {
    condition     = !startswith(var.namespace, "kube-") && var.namespace != "default"
    error_message = "Cannot take the namespace \"${var.namespace}\": destroy would remove it; give one of Portolan's own."
  }
}

variable "member" {
  description = "True: this cluster is observed. Makes a ServiceAccount that may read Services, EndpointSlices, Ingresses, IngressClasses and ServiceExports, and nothing else."
  type        = bool
  default     = true
}

variable "write_status" {
  description = "True: it may also write the status of Ingresses, for those of the class of Portolan's edge."
  type        = bool
  default     = false

  validation {
    condition     = var.member || !var.write_status
    error_message = "Cannot write the status of Ingresses in a cluster that is not observed: set member, or leave write_status."
  }
}

variable "readers" {
  description = "Users and groups of this cluster that read as the ServiceAccount does: what an EKS access entry or an identity of another cloud is mapped to."
  type = list(object({
    kind = string
    name = string
  }))
  default = []

  validation {
    condition     = alltrue([for one in var.readers : contains(["User", "Group"], one.kind)])
    error_message = "Cannot let in ${join(", ", [for one in var.readers : "\"${one.kind}\"" if !contains(["User", "Group"], one.kind)])}: kind is User or Group."
  }
  validation {
    condition     = alltrue([for one in var.readers : !startswith(one.name, "system:")])
    error_message = "Cannot let in ${join(", ", [for one in var.readers : "\"${one.name}\"" if startswith(one.name, "system:")])}: names of the cluster itself would let in more than Portolan."
  }
}

variable "control" {
  description = "The control function in this cluster, which is then the config cluster. Null: it runs elsewhere. settings is portolan.yaml; signing_key_secret names a Secret of the namespace with the key signing.jwk, made outside of Terraform."
  type = object({
    image              = string
    settings           = string
    signing_key_secret = string
    memory             = optional(string, "512Mi")
    cpu                = optional(string, "100m")
  })
  default = null

  validation {
    condition     = var.control == null ? true : can(regex("^[a-z0-9][a-zA-Z0-9./_-]*(:[0-9]+/[a-zA-Z0-9./_-]+)?(:[\\w][\\w.-]{0,127}|@sha256:[0-9a-f]{64})$", var.control.image))
    error_message = "Cannot run the image \"${var.control == null ? "" : var.control.image}\": give one with a tag or a digest, so that a restart runs the same."
  }
  validation {
    condition     = var.control == null ? true : try(yamldecode(split("\n---", var.control.settings)[0]).kind == "Control", false)
    error_message = "Cannot run with these settings: their first document is not YAML of kind Control."
  }
  validation {
    condition     = var.control == null ? true : can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", var.control.signing_key_secret))
    error_message = "Cannot read the Secret \"${var.control == null ? "" : var.control.signing_key_secret}\": give its name, never the key."
  }
  validation {
    condition     = var.control == null ? true : can(regex("^[1-9][0-9]*(Mi|Gi)$", var.control.memory)) && can(regex("^[1-9][0-9]*m?$", var.control.cpu))
    error_message = "Cannot run with ${var.control == null ? "" : "\"${var.control.memory}\" of memory and \"${var.control.cpu}\" of CPU"}: give amounts such as \"512Mi\" and \"100m\"."
  }
}

variable "labels" {
  description = "Labels of everything in this module."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", value)) && !startswith(key, "app.kubernetes.io/")])
    error_message = "Cannot label with ${join(", ", [for key, value in var.labels : "\"${key}=${value}\"" if !can(regex("^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$", value)) || startswith(key, "app.kubernetes.io/")])}: not a label's value, or a key that this module sets."
  }
}
