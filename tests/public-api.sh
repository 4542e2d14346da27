#!/bin/sh
# Compares the public items of the published crates with crates/*/public-api.txt, or writes these files:
#
#     tests/public-api.sh [--write]
#
# rustdoc runs with the settings of docs.rs, and warns of nothing. A difference is a break of the API, or an addition, that the author of a change has to see. Exits with 3 where rustdoc is of
# another version of Rust than the one whose format is understood.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}

# rustdoc writes JSON behind a switch that only nightly versions have; nothing is compiled with it.
wrapper=$(mktemp)
trap 'rm -f "$wrapper"' EXIT
printf '#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n' >"$wrapper"
chmod +x "$wrapper"
RUSTDOC=$wrapper RUSTDOCFLAGS='-Z unstable-options --output-format json --cfg docsrs -D warnings' \
    cargo doc -q --workspace --locked --no-deps --lib

# The same selection as in tests/run.sh, so that nothing is compiled twice.
cargo build -q --workspace --locked --bins --test e2e
for crate in seachange seachange-graph seachange-source; do
    found=$target/$crate-public-api.txt
    "$target/debug/public-api" "$target/doc/$(echo "$crate" | tr - _).json" >"$found"
    if [ "${1-}" = --write ]; then
        cp "$found" "crates/$crate/public-api.txt"
    else
        diff -u "crates/$crate/public-api.txt" "$found" || {
            echo "the public items of $crate are others: if that is meant, run \`just public-api\`"
            exit 1
        }
    fi
done
