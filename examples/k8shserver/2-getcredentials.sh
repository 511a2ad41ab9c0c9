#!/usr/bin/env bash
# Your own credentials for the clusters, as contexts of your kubeconfig.
set -euo pipefail
. "$(dirname "$0")/0-settings.sh"

credentials() {
  case $1 in
    gke) gcloud -q container clusters get-credentials "$2" --project "$PROJECT" --location "$3" ;;
    eks) aws eks update-kubeconfig --name "$2" --region "$3" --alias "$2" ;;
    aks) az aks get-credentials --resource-group "$RESOURCE_GROUP" --name "$2" --overwrite-existing ;;
    kind) kind export kubeconfig --name "$2" ;;
    existing) : ;;
  esac
}
each credentials
$KUBECTL config get-contexts
