terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    fastly = {
      source  = "fastly/fastly"
      version = ">= 8.4, < 9.0"
    }
  }
}
