mock_provider "aws" {
  mock_resource "aws_globalaccelerator_accelerator" {
    defaults = {
      arn      = "arn:aws:globalaccelerator::123456789012:accelerator/a"
      dns_name = "a123.awsglobalaccelerator.com"
      ip_sets  = [{ ip_addresses = ["192.0.2.1", "198.51.100.1"], ip_family = "IPv4" }]
    }
  }
  mock_resource "aws_globalaccelerator_listener" {
    defaults = { arn = "arn:aws:globalaccelerator::123456789012:accelerator/a/listener/l" }
  }
}

variables {
  edges = {
    eu-central-1 = [{ endpoint = "i-0123456789abcdef0" }]
    us-east-1    = [{ endpoint = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/edge/0123456789abcdef", weight = 10 }]
  }
}

run "gives_static_addresses_in_front_of_every_region" {
  command = apply

  assert {
    condition     = output.addresses == tolist(["192.0.2.1", "198.51.100.1"])
    error_message = "The accelerator's addresses feed the status of Ingresses."
  }
  assert {
    condition     = toset([for group in aws_globalaccelerator_endpoint_group.edge : group.endpoint_group_region]) == toset(["eu-central-1", "us-east-1"])
    error_message = "Each region has a group of its own."
  }
  assert {
    condition     = alltrue([for group in aws_globalaccelerator_endpoint_group.edge : group.health_check_protocol == "TCP"])
    error_message = "No path of the users' is asked for."
  }
  assert {
    condition     = one(aws_globalaccelerator_endpoint_group.edge["us-east-1"].endpoint_configuration).weight == 10 && one(aws_globalaccelerator_endpoint_group.edge["eu-central-1"].endpoint_configuration).client_ip_preservation_enabled
    error_message = "Edges are weighed, and see who asks."
  }
}

run "refuses_a_path_in_the_place_of_an_edge" {
  command = plan
  variables {
    edges = { eu-central-1 = [{ endpoint = "https://edge.example.org" }] }
  }
  expect_failures = [var.edges]
}
