#!/bin/sh
# Generates the Python modules of claimrules.v1 beside the .proto files, or into the folder given as first argument.
# PYTHON names an interpreter with grpcio-tools and googleapis-common-protos (google/rpc/status.proto).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-"$here/../.venv/bin/python"}
out=${1:-"$here"}
common=$("$python" -c 'import google.rpc, os; print(os.path.dirname(os.path.dirname(next(iter(google.rpc.__path__)))))')
cd "$here"
exec "$python" -m grpc_tools.protoc -I . -I "$common" \
    --python_out="$out" --pyi_out="$out" --grpc_python_out="$out" claimrules/v1/*.proto
