mock_provider "fastly" {}

variables {
  artefact = "tests/fastly.tar.gz"
  hosts    = ["shop.example.org"]
  origins  = { fra = "fra.origins.example.org", iad = "iad.origins.example.org" }
  public_keys = {
    k1 = { kty = "EC", crv = "P-256", x = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", y = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
  }
  snapshot_url = "https://snapshots.example.net/a"
}

run "has_a_backend_for_each_cluster_and_the_second_store" {
  command = plan

  assert {
    condition     = sort([for one in fastly_service_compute.edge.backend : one.name]) == tolist(["fra", "iad", "snapshots"])
    error_message = "Compute reaches declared backends only."
  }
  assert {
    condition     = alltrue([for one in fastly_service_compute.edge.backend : one.use_ssl && one.ssl_check_cert && one.port == 443])
    error_message = "Origins are asked over TLS with a checked certificate."
  }
  assert {
    condition     = fastly_configstore_entries.settings.entries["SNAPSHOT_URL"] == "https://snapshots.example.net/a"
    error_message = "The edge must know its second store."
  }
  assert {
    condition     = length(fastly_tls_subscription.hosts) == 1 && length(output.certified_hosts) == 0
    error_message = "Certificates are asked for, and nobody waits unless told to."
  }
  assert {
    condition     = length(output.addresses) == 0
    error_message = "There are no static addresses."
  }
}

run "waits_for_the_certificate_of_each_host" {
  command = apply
  variables {
    hosts              = ["shop.example.org", "*.example.org"]
    await_certificates = true
  }

  assert {
    condition     = alltrue([for host, one in fastly_tls_subscription_validation.hosts : one.subscription_id == fastly_tls_subscription.hosts[host].id])
    error_message = "Each host's own certificate is waited for."
  }
  assert {
    condition     = toset(output.certified_hosts) == toset(["shop.example.org", "*.example.org"])
    error_message = "Those that are valid are told."
  }
}

run "leaves_certificates_to_who_brings_them" {
  command = plan
  variables {
    certificate_authority = null
  }

  assert {
    condition     = length(fastly_tls_subscription.hosts) == 0
    error_message = "None is asked for."
  }
}
