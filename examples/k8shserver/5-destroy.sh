#!/usr/bin/env bash
# Everything that Portolan owns goes, then the clusters that 1-create.sh made. DNS records and rules go with what owns them.
set -euo pipefail
. "$(dirname "$0")/0-settings.sh"

$PORTOLAN destroy --yes --config "$DIR/portolan.yaml"
remove() {
  case $1 in
    gke) gcloud -q container clusters delete "$2" --project "$PROJECT" --location "$3" ;;
    eks) eksctl delete cluster --name "$2" --region "$3" ;;
    aks) az aks delete --yes --resource-group "$RESOURCE_GROUP" --name "$2" ;;
    kind) kind delete cluster --name "$2" ;;
    existing) echo "$2 stays" ;;
  esac
}
each remove
