mock_provider "aws" {}

variables {
  name           = "gslb.example.org"
  parent_zone_id = "Z0123456789ABC"
  health_checks  = { fra = { host = "fra.example.org", path = "/healthz", interval = 10 } }
}

run "plans_a_delegated_zone_with_a_check" {
  command = plan

  assert {
    condition     = aws_route53_zone.this.name == "gslb.example.org" && aws_route53_zone.this.force_destroy == false
    error_message = "The zone must bear the name and keep foreign records."
  }
  assert {
    condition     = aws_route53_record.delegation[0].type == "NS" && aws_route53_record.delegation[0].ttl == 3600
    error_message = "The parent must get NS records."
  }
  assert {
    condition     = aws_route53_health_check.origin["fra"].resource_path == "/healthz" && aws_route53_health_check.origin["fra"].port == 443
    error_message = "The check must ask for the path over HTTPS."
  }
}

run "delegates_nothing_without_a_parent" {
  command = plan
  variables {
    parent_zone_id = null
  }
  assert {
    condition     = length(aws_route53_record.delegation) == 0
    error_message = "There is no parent to write to."
  }
}

run "refuses_a_final_dot" {
  command = plan
  variables {
    name = "gslb.example.org."
  }
  expect_failures = [var.name]
}

run "refuses_a_parent_that_is_no_zone_id" {
  command = plan
  variables {
    parent_zone_id = "example.org"
  }
  expect_failures = [var.parent_zone_id]
}
