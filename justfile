# The commands for daily work. `just` lists them.

set positional-arguments

[private]
default:
    @just --list --unsorted

# Write a revision: `just revision "add content column" --head billing@head`, `just revision --autogenerate "add phone number"`
[group('revisions')]
revision +args:
    cargo run -q -p migration -- revision "$@"

# Compare the database with the entities
[group('revisions')]
check *args:
    cargo run -q -p migration -- check "$@"

# Print the SQL that leads from the database to the entities
[group('revisions')]
diff *args:
    cargo run -q -p migration -- diff "$@"

# Write a revision that joins all heads, or the named ones: `just merge`
[group('revisions')]
merge *args:
    cargo run -q -p migration -- merge "$@"

# Open a revision file in $VISUAL or $EDITOR: `just edit head`
[group('revisions')]
edit target='head':
    cargo run -q -p migration -- edit "$1"

# Apply revisions: all, the next N, or up to one
[group('revisions')]
up *args:
    cargo run -q -p migration -- up "$@"

# Revert revisions: the last, the last N, or down to one
[group('revisions')]
down *args:
    cargo run -q -p migration -- down "$@"

# Show every revision, applied or pending
[group('revisions')]
status *args:
    cargo run -q -p migration -- status "$@"

# Show the revisions, newest first
[group('revisions')]
history *args:
    cargo run -q -p migration -- history "$@"

# Write the graph of the revisions: `just graph`, `just graph -o graph.svg`
[group('revisions')]
graph *args:
    cargo run -q -p migration -- graph "$@"

# Run the service
[group('service')]
app *args:
    cargo run -p app -- "$@"

# Start, stop or locate a local server: `just db postgres up`, `just db mariadb url`, `just db mysql down`
[group('service')]
db server command:
    @cargo run -q -p seachange-tests --bin db -- "$@"

# Run everything that CI runs
[group('quality')]
test:
    tests/run.sh

# Run the end-to-end tests whose name contains a text: `just e2e sqlite::`
[group('quality')]
e2e *filter:
    cargo test --workspace --locked --test e2e -- "$@"

# Disturb runs at every point, not only at those that CI has time for: `just torture sqlite::torture`
[group('quality')]
torture filter='torture::':
    TORTURE=all cargo test --workspace --locked --test e2e -- "$1"

# Run random ill-behaved revisions, undisturbed, killed, and beside a lock: `just torture-random 1000 postgres::random`
[group('quality')]
torture-random plans='1000' filter='random_revisions::':
    RANDOM_REVISIONS="$1" cargo test --workspace --locked --test e2e -- "$2"

# Kill programs and servers while backfills change rows, and count how often each row was changed: `just backfill-kills 300 50`
[group('quality')]
backfill-kills programs='1000' servers='50' filter='':
    BACKFILL_KILLS="$1" cargo test --workspace --locked --test e2e -- "$3backfill::program_is_killed"
    BACKFILL_SERVER_KILLS="$2" cargo test --workspace --locked --test e2e -- "$3backfill::server_is_killed"

# Compare `lint` with squawk on the same changes for PostgreSQL; squawk is installed into target/tools
[group('quality')]
squawk:
    tests/squawk/compare.py

# Compare all reports of `lint` with what other sessions experience on large tables: `just ground-truth sqlite::ground_truth`
[group('quality')]
ground-truth filter='ground_truth::':
    GROUND_TRUTH=all cargo test --workspace --locked --test e2e -- --test-threads 1 "$1"

# Apply and revert every change of a schema on every database, each revision compiled: `just matrix postgres::matrix`
[group('quality')]
matrix filter='matrix::':
    MATRIX=all cargo test --workspace --locked --test e2e -- "$1"

# Run versions of the example service beside each other while their schema changes, on every database
[group('quality')]
service-versions filter='online::versions_of_the_example_service':
    SERVICE_VERSIONS=all cargo test --workspace --locked --test e2e -- "$1"

# Start five runners at once, of seachange and of sea-orm-migration, and print the results: `just five-runners 20`
[group('quality')]
five-runners rounds='10':
    cargo run -q --workspace --locked --bin five-runners -- "$1"

# Test the graph with many random texts and graphs: `just fuzz 300000`
[group('quality')]
fuzz cases="100000":
    PROPTEST_CASES={{ cases }} cargo test --release --locked -p seachange-graph --lib -- properties

# Check format and lints
[group('quality')]
lint:
    cargo fmt --all --check
    rustfmt --check --edition 2024 migration/src/versions/*.rs tests/crates/*/src/versions/*.rs
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Format all code, revision files included
[group('quality')]
fmt:
    cargo fmt --all
    rustfmt --edition 2024 migration/src/versions/*.rs tests/crates/*/src/versions/*.rs

# Build the documentation, and open it with `--open`
[group('quality')]
doc *options:
    cargo doc --workspace --no-deps --locked "$@"

# Write what is generated from the command line: the list of commands of `seachange`, and the reference in the book
[group('quality')]
commands:
    UPDATE_COMMANDS=1 cargo test --workspace --locked --lib -- cli::tests
    UPDATE_BOOK=1 cargo test --workspace --locked --test e2e -- book::the_command_line

# Build the book, and open it with `--open`
[group('quality')]
book *options:
    mdbook build docs "$@"

# Write the lists of public items with which the tests compare: crates/*/public-api.txt
[group('quality')]
public-api:
    tests/public-api.sh --write

# Measure the cost of the engine, all or by name: `just bench upgrade postgres`
[group('quality')]
bench *args:
    cargo bench --locked -p seachange-tests --bench bench -- "$@"

# Compare the forecasts of `lint` with what statements take on so many rows: `just forecast 1000000,5000000 postgres::`
[group('quality')]
forecast rows='1000000,5000000' filter='':
    FORECAST_ROWS="$1" cargo test --workspace --locked --test e2e -- "$2forecast::time_of_statements"

# Measure other tools that apply the same changes: `just bench-peers sqlite postgres`
[group('quality')]
bench-peers *args:
    cargo bench --locked -p seachange-tests --features peers --bench bench -- peers "$@"

# Measure `check` beside Alembic's, which is installed under target/
[group('quality')]
bench-check *args:
    test -d target/alembic || (python3 -m venv target/alembic && target/alembic/bin/pip -q install alembic psycopg2-binary)
    ALEMBIC_PYTHON="$PWD/target/alembic/bin/python" cargo bench --locked -p seachange-tests --bench bench -- check "$@"

# Measure a fleet of schemas beside psql on an empty PostgreSQL database: `just bench-fleet postgres://… 1000`
[group('quality')]
bench-fleet url schemas='1000':
    tests/bench/fleet.sh "$1" "$2"

# Measure the time from editing one of a thousand revisions to `up` having run
[group('quality')]
bench-build *args:
    cargo bench --locked -p seachange-tests --bench bench -- build "$@"

# Measure the graph alone, all or by name: `just bench-graph load`
[group('quality')]
bench-graph *args:
    cargo bench --locked -p seachange-graph --bench graph -- "$@"
