# Three clusters over any clouds, one a line: HOW NAME PLACE. HOW is gke, eks, aks, kind, or existing: a context that you
# have already, called NAME.
: "${CLUSTERS:=kind us-east1 local
kind europe-west1 local
kind asia-east1 local}"
# The project's command line; kubectl as you have it.
: "${PORTOLAN:=npx portolan}"
: "${KUBECTL:=kubectl}"
# Where portolan.yaml and .portolan/ are: a folder of their own, since every manifest beside them is the config source's.
: "${DIR:=federation}"
# Google's project, for gke alone; Azure's resource group, for aks alone.
: "${PROJECT:=}"
: "${RESOURCE_GROUP:=portolan}"

# Calls a function with HOW NAME PLACE of each cluster.
each() {
  local how name place
  while read -r how name place; do
    [ -z "$how" ] || "$1" "$how" "$name" "$place" </dev/null
  done <<<"$CLUSTERS"
}

# Context of a cluster, as the cloud's own tool calls it.
context() {
  case $1 in
    gke) echo "gke_${PROJECT}_$3_$2" ;;
    kind) echo "kind-$2" ;;
    *) echo "$2" ;;
  esac
}
