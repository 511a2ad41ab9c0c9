mock_provider "cloudflare" {}

variables {
  account_id = "0123456789abcdef0123456789abcdef"
  zone       = { id = "fedcba9876543210fedcba9876543210", name = "example.org" }
  artefact   = "tests/artefact"
  public_keys = {
    k1 = { kty = "EC", crv = "P-256", x = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", y = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
  hosts                  = ["www.example.org", "*.example.org", "*.shop.example.org"]
  custom_hostname_target = "edge.example.org"
  secrets                = { HOP_KEYS = { store_id = "0123456789abcdef0123456789abcdef", secret_name = "portolan-hop" } }
}

run "uploads_every_module_and_binds_what_the_edge_reads" {
  command = plan

  assert {
    condition     = sort([for one in cloudflare_worker_version.edge.modules : one.name]) == tolist(["chunk-A.js", "cloudflare.js"])
    error_message = "Every module of the artefact must be uploaded under its own name, and no source map."
  }
  assert {
    condition     = [for one in cloudflare_worker_version.edge.bindings : one.name] == ["SNAPSHOTS", "AUDIENCE", "POLL_SECONDS", "ZONE", "PUBLIC_KEYS", "HOP_KEYS"]
    error_message = "The Worker must find its store, its settings, its keys and its secret."
  }
  assert {
    condition     = alltrue([for one in cloudflare_worker_version.edge.bindings : one.type != "secret_text"])
    error_message = "No secret may be in state."
  }
  assert {
    condition     = keys(cloudflare_workers_custom_domain.host) == ["www.example.org"]
    error_message = "A name gets a custom domain."
  }
  assert {
    condition     = keys(cloudflare_workers_route.wildcard) == ["*.example.org", "*.shop.example.org"] && keys(cloudflare_certificate_pack.wildcard) == ["*.shop.example.org"]
    error_message = "A wildcard gets a route, and a certificate where the universal one ends."
  }
  assert {
    condition     = cloudflare_workers_route.custom_hostnames[0].pattern == "*/*" && output.host_provider.target == "edge.example.org"
    error_message = "Custom hostnames must reach the Worker."
  }
  assert {
    condition     = length(output.addresses) == 0
    error_message = "Cloudflare sells no static address for a Worker."
  }
}

run "has_no_custom_hostnames_without_a_target" {
  command = plan
  variables {
    custom_hostname_target = null
    same_zone_origins      = false
  }
  assert {
    condition     = output.host_provider == null && length(cloudflare_workers_route.custom_hostnames) == 0
    error_message = "Nothing may take every host of the zone unasked."
  }
  assert {
    condition     = !contains([for one in cloudflare_worker_version.edge.bindings : one.name], "ZONE")
    error_message = "Without same_zone_origins the Worker must not use resolveOverride."
  }
}
