#!/usr/bin/env bash
# Keys, and a first portolan.yaml with the reason for each guess. No cluster is changed.
set -euo pipefail
. "$(dirname "$0")/0-settings.sh"

contexts=()
add() { contexts+=(--context "$(context "$@")"); }
each add
mkdir -p "$DIR"
[ -e "$DIR/.portolan/signing.jwk" ] || $PORTOLAN keys "$DIR/.portolan"
$PORTOLAN init "${contexts[@]}" -o "$DIR/portolan.yaml" "$@"
