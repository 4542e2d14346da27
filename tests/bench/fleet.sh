#!/bin/sh
# Measures a fleet beside the client of its database system, which runs the same statements.
#
#     tests/bench/fleet.sh URL [TARGETS]
#
# URL is that of an empty PostgreSQL database (its schemas are the targets), of a MariaDB server (`mysql://user:password@host:port`,
# its databases), or `sqlite:FOLDER` (its files). Needs `psql`, `mariadb` or `sqlite3`.
#
# The client runs, for one target after the other in as many sessions as give the best time,
# - `script`: what `up --sql` writes: the statements of the revisions, the transactions, and one table of the record;
# - `record`: the same, and the other tables and rows that `up` leaves in its record. This is what `up` changes.
# Prints the times, the ratios of the throughputs, the times of `status`, `check` and a run with nothing to do, and the memory.
# SESSIONS and JOBS are the numbers of sessions and jobs that are tried, and CLIENT is another program than `mariadb`, as
# MySQL's own one.
# Patterns are those of the program, not of the shell.
set -euf
cd "$(dirname "$0")/../.."
url=$1
count=${2:-1000}
sessions=${SESSIONS:-1 2 4}
jobs=${JOBS:-1 2 4 8}
# As the book advises for many files.
case $url in
sqlite:*) export LIBSQLITE3_FLAGS='-DSQLITE_DEFAULT_MEMSTATUS=0 -USQLITE_ENABLE_MEMORY_MANAGEMENT -USQLITE_ENABLE_API_ARMOR' ;;
esac
cargo build -q --release --locked -p ten-migration --bin ten-migration -p migration --bin migration
program=${CARGO_TARGET_DIR:-target}/release/ten-migration
# It has entities, which `check` compares with the databases.
with_entities=${CARGO_TARGET_DIR:-target}/release/migration
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

now() { date +%s%N; }
# since START: the milliseconds since then.
since() { echo $((($(now) - $1) / 1000000)); }

case $url in
postgres*)
    kind=schemas
    sql() { psql -q --no-psqlrc -v ON_ERROR_STOP=1 "$@" "$url"; }
    # Makes empty targets.
    create() { seq 1 "$count" | sed "s/.*/CREATE SCHEMA $1_&;/" | sql; }
    # Runs the text for the targets PREFIX_FROM, PREFIX_FROM+STEP and so on, in one session.
    run_text() {
        for number in $(seq "$2" "$3" "$count"); do
            echo "SET search_path TO $1_$number;"
            sed "s/a_template/$1_$number/g" "$4"
        done | sql >/dev/null
    }
    template() {
        echo 'CREATE SCHEMA the_origin' | sql
        DATABASE_URL=$url DATABASE_SCHEMA=a_template "$program" up --sql >"$work/script"
        DATABASE_URL=$url DATABASE_SCHEMA=the_origin "$program" -q up
        for table in $(echo "SELECT relname FROM pg_class WHERE relnamespace = 'the_origin'::regnamespace
            AND relkind = 'r' AND relname LIKE 'seachange_revision\\_%'" | sql -tA); do
            echo "CREATE TABLE a_template.$table (LIKE the_origin.$table INCLUDING ALL);"
            echo "INSERT INTO a_template.$table SELECT * FROM the_origin.$table;"
        done >"$work/rest"
    }
    pattern() { echo "--schemas $1_*"; }
    ;;
mysql*)
    kind=databases
    address=${url#mysql://}
    user=${address%%@*}
    place=${address#*@}
    place=${place%%/*}
    # A database in the URL is not used.
    url=mysql://$user@$place
    client() {
        MYSQL_PWD=${user#*:} ${CLIENT:-mariadb} --no-defaults -u "${user%%:*}" -h "${place%%:*}" -P "${place#*:}" --protocol=tcp "$@"
    }
    create() { seq 1 "$count" | sed "s/.*/CREATE DATABASE $1_&;/" | client; }
    run_text() {
        for number in $(seq "$2" "$3" "$count"); do
            echo "USE $1_$number;"
            sed "s/a_template/$1_$number/g" "$4"
        done | client >/dev/null
    }
    template() {
        echo 'CREATE DATABASE the_origin; CREATE DATABASE a_template' | client
        DATABASE_URL=$url/a_template "$program" up --sql >"$work/script"
        DATABASE_URL=$url/the_origin "$program" -q up
        for table in $(echo "SHOW TABLES LIKE 'seachange\_revision\_%'" | client -N the_origin); do
            echo "CREATE TABLE $table LIKE the_origin.$table;"
            echo "INSERT INTO $table SELECT * FROM the_origin.$table;"
        done >"$work/rest"
    }
    pattern() { echo "--databases $1_*"; }
    ;;
sqlite:*)
    kind=files
    folder=${url#sqlite:}
    mkdir -p "$folder"
    create() { for number in $(seq 1 "$count"); do : >"$folder/$1_$number.db"; done; }
    run_text() {
        for number in $(seq "$2" "$3" "$count"); do
            sqlite3 -bail "$folder/$1_$number.db" <"$4" >/dev/null
        done
    }
    template() {
        : >"$folder/a_template.db"
        DATABASE_URL=sqlite:$folder/a_template.db "$program" up --sql >"$work/script"
        DATABASE_URL=sqlite:$folder/a_template.db "$program" -q up
        sqlite3 "$folder/a_template.db" ".dump 'seachange_revision_%'" >"$work/rest"
    }
    pattern() { echo "--files $folder/$1_*.db"; }
    ;;
*)
    echo "not a URL of PostgreSQL, MariaDB or SQLite: $url" >&2
    exit 2
    ;;
esac

template
# The program connects to an existing database.
[ "$kind" != databases ] || url=$url/the_origin
cat "$work/script" "$work/rest" >"$work/record"
for text in script record; do
    best=
    for tried in $sessions; do
        create "client_${text}_$tried"
        start=$(now)
        for session in $(seq 1 "$tried"); do
            run_text "client_${text}_$tried" "$session" "$tried" "$work/$text" &
        done
        wait
        took=$(since "$start")
        echo "client, $text, $tried sessions: $took ms"
        [ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
    done
    eval "best_$text=$best"
done
for tried in $jobs; do
    create "fleet_$tried"
    start=$(now)
    # shellcheck disable=SC2046
    DATABASE_URL=$url /usr/bin/env time -f '%M' -o "$work/memory" "$program" -q up $(pattern "fleet_$tried") --jobs "$tried"
    took=$(since "$start")
    echo "seachange, $tried jobs: $took ms, $(tail -n 1 "$work/memory") KiB;" \
        "ratio of the throughputs $((100 * best_record / took)) % (script: $((100 * best_script / took)) %)"
done
# timed PROGRAM COMMAND PREFIX
timed() {
    start=$(now)
    # shellcheck disable=SC2046
    DATABASE_URL=$url "$1" -q "$2" $(pattern "$3") >/dev/null
    echo "$2 of $count $kind with nothing to do: $(since "$start") ms"
}
timed "$program" up "fleet_$tried"
timed "$program" status "fleet_$tried"
create entities
# shellcheck disable=SC2046
DATABASE_URL=$url "$with_entities" -q up $(pattern entities) >/dev/null
timed "$with_entities" check entities
