mock_provider "google" {}

variables {
  name        = "gslb.example.org"
  project     = "example-edge"
  parent_zone = "example-org"
  writer      = "serviceAccount:portolan@example-edge.iam.gserviceaccount.com"
}

run "plans_a_delegated_zone_with_one_writer" {
  command = plan

  assert {
    condition     = google_dns_managed_zone.this.dns_name == "gslb.example.org." && google_dns_managed_zone.this.name == "gslb-example-org"
    error_message = "Cloud DNS takes the final dot in the name and none in the id."
  }
  assert {
    condition     = google_dns_record_set.delegation[0].managed_zone == "example-org" && google_dns_record_set.delegation[0].type == "NS"
    error_message = "The parent must get NS records."
  }
  assert {
    condition     = google_dns_managed_zone_iam_member.writer[0].managed_zone == "gslb-example-org"
    error_message = "The writer's right must end at this zone."
  }
}

run "delegates_and_grants_nothing_unasked" {
  command = plan
  variables {
    parent_zone = null
    writer      = null
  }
  assert {
    condition     = length(google_dns_record_set.delegation) == 0 && length(google_dns_managed_zone_iam_member.writer) == 0
    error_message = "Nothing but the zone was asked for."
  }
}
