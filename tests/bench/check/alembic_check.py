"""Alembic's comparison of the tables in tables.rs: prints milliseconds, and the megabytes that the process had at most."""

import resource
import sys
import time

start = time.perf_counter()

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

url, count = sys.argv[1], int(sys.argv[2])
if url.startswith("postgres"):
    url = "postgresql+psycopg2://" + url.split("://", 1)[1]
else:
    url = "sqlite:///" + url.removeprefix("sqlite:").split("?", 1)[0]

metadata = sa.MetaData()
for number in range(count):
    name = f"t{number:05}"
    parent = [sa.ForeignKey(f"t{number - 1:05}.id", name=f"{name}_parent_id_fkey", ondelete="CASCADE")] if number else []
    sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("price", sa.Numeric(10, 2), nullable=False, server_default="0"),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp()),
        sa.Column("note", sa.Text),
        sa.Column("parent_id", sa.Integer, *parent),
        sa.UniqueConstraint("name", name=f"{name}_name_key"),
        sa.Index(f"{name}_price_idx", "price"),
    )

with sa.create_engine(url).connect() as connection:
    # Alembic has no comparison of types that holds for what SeaORM writes on SQLite: names and constraints alone.
    context = MigrationContext.configure(connection, opts={"compare_type": url.startswith("postgresql")})
    compare_metadata(context, metadata)

milliseconds = (time.perf_counter() - start) * 1e3
print(milliseconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
