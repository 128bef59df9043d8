#!/bin/sh
# Lints the .proto files with buf, offline: google/rpc/status.proto comes from the installed package, not from a registry.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-"$here/../.venv/bin/python"}
buf=${BUF:-"$here/../.venv/bin/buf"}
common=$("$python" -c 'import google.rpc, os; print(os.path.dirname(os.path.dirname(next(iter(google.rpc.__path__)))))')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$here"
"$python" -m grpc_tools.protoc -I . -I "$common" --include_imports --include_source_info \
    --descriptor_set_out="$folder/claimrules.binpb" claimrules/v1/*.proto
"$buf" lint "$folder/claimrules.binpb" --config buf.yaml
