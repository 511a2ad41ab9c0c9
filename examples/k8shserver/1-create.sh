#!/usr/bin/env bash
# Creates the clusters. No node needs a right on DNS or on anything else of ours.
set -euo pipefail
. "$(dirname "$0")/0-settings.sh"

create() {
  case $1 in
    gke) gcloud container clusters create "$2" --project "$PROJECT" --location "$3" --num-nodes 1 ;;
    eks) eksctl create cluster --name "$2" --region "$3" --nodes 1 ;;
    aks) az aks create --resource-group "$RESOURCE_GROUP" --name "$2" --location "$3" --node-count 1 --generate-ssh-keys ;;
    kind) kind create cluster --name "$2" ;;
    existing) echo "$2 exists" ;;
    *) echo "Cannot create $2: \"$1\" is none of gke, eks, aks, kind, existing" >&2; return 1 ;;
  esac
}
each create
