#!/bin/sh
# Measures a fleet of schemas on PostgreSQL beside psql, which runs the same statements, those of the record included.
#
#     tests/bench/fleet.sh URL [SCHEMAS]
#
# URL is that of an empty database. Needs `psql`. The statements are those of `up --sql`; psql runs them for one schema after
# the other, in as many sessions as give the best time. Prints both times, the ratio of the throughputs, the time of a run
# with nothing to do and of `status`, and the memory.
set -eu
cd "$(dirname "$0")/../.."
url=$1
count=${2:-1000}
cargo build -q --release --locked -p ten-migration --bin ten-migration
program=${CARGO_TARGET_DIR:-target}/release/ten-migration
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sql() { psql -q --no-psqlrc -v ON_ERROR_STOP=1 "$url" "$@"; }
now() { date +%s%N; }
# since START: the milliseconds since then.
since() { echo $((($(now) - $1) / 1000000)); }

# Makes empty schemas, in texts of a thousand statements.
create() {
    seq 1 "$count" | sed "s/.*/CREATE SCHEMA IF NOT EXISTS $1_&;/" | sql -f - >/dev/null
}

# A script is written for one schema.
DATABASE_URL=$url DATABASE_SCHEMA=schema_of_script "$program" up --sql >"$work/one.sql"
best=
for sessions in 1 2 4; do
    create "psql_$sessions"
    for session in $(seq 1 "$sessions"); do
        for number in $(seq "$session" "$sessions" "$count"); do
            echo "SET search_path TO psql_${sessions}_$number;"
            sed "s/schema_of_script/psql_${sessions}_$number/g" "$work/one.sql"
        done >"$work/$session.sql"
    done
    start=$(now)
    for session in $(seq 1 "$sessions"); do
        sql -f "$work/$session.sql" >/dev/null &
    done
    wait
    took=$(since "$start")
    echo "psql, $sessions sessions: $took ms"
    [ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
done
for jobs in 1 2 4 8; do
    create "fleet_$jobs"
    start=$(now)
    DATABASE_URL=$url /usr/bin/env time -f '%M' -o "$work/memory" "$program" -q up --schemas "fleet_${jobs}_*" --jobs "$jobs"
    took=$(since "$start")
    echo "seachange, $jobs jobs: $took ms, $(tail -n 1 "$work/memory") KiB; ratio of the throughputs $((100 * best / took)) %"
done
for command in up status; do
    start=$(now)
    DATABASE_URL=$url "$program" -q "$command" --schemas 'fleet_*' >/dev/null
    echo "$command of $((4 * count)) schemas with nothing to do: $(since "$start") ms"
done
