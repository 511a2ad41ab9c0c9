mock_provider "kubernetes" {}

run "lets_a_reader_read_five_kinds_and_nothing_else" {
  command = plan

  assert {
    condition     = flatten(kubernetes_cluster_role_v1.reader[0].rule[*].resources) == ["services", "endpointslices", "ingresses", "ingressclasses", "serviceexports"]
    error_message = "A member shows Services, EndpointSlices, Ingresses, IngressClasses and ServiceExports, never Secrets."
  }
  assert {
    condition     = alltrue([for rule in kubernetes_cluster_role_v1.reader[0].rule : rule.verbs == tolist(["get", "list", "watch"])])
    error_message = "A reader only reads."
  }
  assert {
    condition     = length(kubernetes_deployment_v1.control) == 0
    error_message = "Control runs elsewhere unless it is asked for."
  }
}

run "may_patch_the_status_of_ingresses_only_when_asked" {
  command = plan
  variables {
    write_status = true
  }
  assert {
    condition     = jsonencode([for rule in kubernetes_cluster_role_v1.reader[0].rule : rule.resources if contains(rule.verbs, "patch")]) == jsonencode([["ingresses/status"]]) && alltrue([for rule in kubernetes_cluster_role_v1.reader[0].rule : rule.verbs == tolist(["patch"]) || rule.verbs == tolist(["get", "list", "watch"])])
    error_message = "Status is written by patch, and nothing else is."
  }
}

run "runs_control_without_rights_of_the_node" {
  command = plan
  variables {
    member = false
    control = {
      image              = "registry.example.org/portolan:0.1.0"
      settings           = "apiVersion: portolan.dev/v1alpha1\nkind: Control\nmetadata: { name: control }\n---\nkind: Cluster\n"
      signing_key_secret = "portolan-signing"
    }
  }
  assert {
    condition     = kubernetes_deployment_v1.control[0].spec[0].template[0].spec[0].container[0].security_context[0].read_only_root_filesystem && kubernetes_deployment_v1.control[0].spec[0].strategy[0].type == "Recreate"
    error_message = "The pod must be one at a time and locked down."
  }
  assert {
    condition     = length(kubernetes_cluster_role_v1.reader) == 0
    error_message = "A cluster that is not observed needs no reader."
  }
}
