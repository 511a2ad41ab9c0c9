output "namespace" {
  description = "Namespace of everything of Portolan in this cluster."
  value       = kubernetes_namespace_v1.portolan.metadata[0].name
}

output "reader" {
  description = "The ServiceAccount that control reads this cluster as; null where it is not observed. kubectl create token makes a token for it."
  value = var.member ? {
    namespace = kubernetes_namespace_v1.portolan.metadata[0].name
    name      = kubernetes_service_account_v1.reader[0].metadata[0].name
  } : null
}
