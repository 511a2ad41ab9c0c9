locals {
  labels         = merge(var.labels, { "app.kubernetes.io/part-of" = "portolan" })
  control_labels = { "app.kubernetes.io/name" = "portolan-control" }
  # What changes here must start the process anew: it reads its settings once.
  settings_digest = var.control == null ? "" : sha256(var.control.settings)
}

resource "kubernetes_namespace_v1" "portolan" {
  metadata {
    name = var.namespace
    labels = merge(local.labels, {
      "pod-security.kubernetes.io/enforce" = "restricted"
    })
  }
}

resource "kubernetes_service_account_v1" "reader" {
  count = var.member ? 1 : 0

  metadata {
    name      = "portolan-reader"
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
    labels    = local.labels
  }
  # Nothing runs as it: control asks for short-lived tokens.
  automount_service_account_token = false
}

resource "kubernetes_cluster_role_v1" "reader" {
  count = var.member ? 1 : 0

  metadata {
    name   = "portolan-reader"
    labels = local.labels
  }
  rule {
    api_groups = [""]
    resources  = ["services"]
    verbs      = ["get", "list", "watch"]
  }
  rule {
    api_groups = ["discovery.k8s.io"]
    resources  = ["endpointslices"]
    verbs      = ["get", "list", "watch"]
  }
  rule {
    api_groups = ["networking.k8s.io"]
    resources  = ["ingresses", "ingressclasses"]
    verbs      = ["get", "list", "watch"]
  }
  rule {
    api_groups = ["multicluster.x-k8s.io"]
    resources  = ["serviceexports"]
    verbs      = ["get", "list", "watch"]
  }
  dynamic "rule" {
    for_each = var.write_status ? ["ingresses/status"] : []
    content {
      api_groups = ["networking.k8s.io"]
      resources  = [rule.value]
      verbs      = ["patch"]
    }
  }
}

resource "kubernetes_cluster_role_binding_v1" "reader" {
  count = var.member ? 1 : 0

  metadata {
    name   = "portolan-reader"
    labels = local.labels
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = kubernetes_cluster_role_v1.reader[0].metadata[0].name
  }
  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account_v1.reader[0].metadata[0].name
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
  }
  dynamic "subject" {
    for_each = var.readers
    content {
      api_group = "rbac.authorization.k8s.io"
      kind      = subject.value.kind
      name      = subject.value.name
    }
  }
}

resource "kubernetes_service_account_v1" "control" {
  count = var.control == null ? 0 : 1

  metadata {
    name      = "portolan-control"
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
    labels    = local.labels
  }
}

resource "kubernetes_cluster_role_v1" "control" {
  count = var.control == null ? 0 : 1

  metadata {
    name   = "portolan-control"
    labels = local.labels
  }
  rule {
    api_groups = ["portolan.dev"]
    resources  = ["clusters", "trafficpolicies", "hostclaims"]
    verbs      = ["get", "list", "watch"]
  }
  rule {
    api_groups = ["networking.k8s.io"]
    resources  = ["ingresses"]
    verbs      = ["get", "list", "watch"]
  }
}

resource "kubernetes_cluster_role_binding_v1" "control" {
  count = var.control == null ? 0 : 1

  metadata {
    name   = "portolan-control"
    labels = local.labels
  }
  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "ClusterRole"
    name      = kubernetes_cluster_role_v1.control[0].metadata[0].name
  }
  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account_v1.control[0].metadata[0].name
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
  }
}

resource "kubernetes_config_map_v1" "control" {
  count = var.control == null ? 0 : 1

  metadata {
    name      = "portolan-control"
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
    labels    = local.labels
  }
  data = {
    "portolan.yaml" = var.control.settings
  }
}

resource "kubernetes_deployment_v1" "control" {
  count = var.control == null ? 0 : 1

  metadata {
    name      = "portolan-control"
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
    labels    = merge(local.labels, local.control_labels)
  }
  spec {
    replicas = 1
    # Two at once would be safe and of no use: the store's compare-and-set lets one of them write.
    strategy {
      type = "Recreate"
    }
    selector {
      match_labels = local.control_labels
    }
    template {
      metadata {
        labels      = merge(local.labels, local.control_labels)
        annotations = { "portolan.dev/settings" = local.settings_digest }
      }
      spec {
        service_account_name = kubernetes_service_account_v1.control[0].metadata[0].name
        security_context {
          run_as_non_root = true
          run_as_user     = "65532"
          fs_group        = "65532"
          seccomp_profile {
            type = "RuntimeDefault"
          }
        }
        container {
          name  = "control"
          image = var.control.image
          args  = ["control", "--config", "/etc/portolan/portolan.yaml"]
          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true
            capabilities {
              drop = ["ALL"]
            }
          }
          resources {
            requests = { cpu = var.control.cpu, memory = var.control.memory }
            limits   = { memory = var.control.memory }
          }
          volume_mount {
            name       = "settings"
            mount_path = "/etc/portolan"
            read_only  = true
          }
          volume_mount {
            name       = "keys"
            mount_path = "/etc/portolan-keys"
            read_only  = true
          }
          volume_mount {
            name       = "state"
            mount_path = "/var/lib/portolan"
          }
        }
        volume {
          name = "settings"
          config_map {
            name = kubernetes_config_map_v1.control[0].metadata[0].name
          }
        }
        volume {
          name = "keys"
          secret {
            secret_name  = var.control.signing_key_secret
            default_mode = "0440"
          }
        }
        volume {
          name = "state"
          empty_dir {}
        }
      }
    }
  }
}
