#!/usr/bin/env bash
# Joins the clusters, and gives each the demo: the class, a Deployment and a Service.
set -euo pipefail
. "$(dirname "$0")/0-settings.sh"
here=$(dirname "$0")

join() {
  local context
  context=$(context "$@")
  $PORTOLAN join "$context" --config "$DIR/portolan.yaml" --write-back
  $KUBECTL --context "$context" apply -f "$here/ingressclass.yaml" -f "$here/service.yaml"
  sed "s/value: unknown/value: $2/" "$here/deployment.yaml" | $KUBECTL --context "$context" apply -f -
}
each join
echo "next: $PORTOLAN control --config $DIR/portolan.yaml"
