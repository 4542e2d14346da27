# Renders the SQL of revisions, each alone, as `alembic upgrade A:B --sql` does. Prints JSON: for each revision, system and
# direction the SQL, or the error; and for each system the whole script.
#
# Arguments: the file of the settings, then the systems, such as `postgres`.
import io
import json
import os
import sys

answer, sys.stdout = sys.stdout, sys.stderr
ini, systems = sys.argv[1], sys.argv[2:]
sys.path.insert(0, os.getcwd())

from alembic.config import Config
from alembic.runtime import migration
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationStep
from alembic.script import ScriptDirectory

URLS = {"sqlite": "sqlite://", "postgres": "postgresql://", "mysql": "mysql+pymysql://"}
NAMES = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}


def run(system, function, start, end):
    config = Config(ini, output_buffer=io.StringIO())
    config.set_main_option("sqlalchemy.url", URLS[system])
    script = ScriptDirectory.from_config(config)
    used = []

    def steps(heads, context):
        used.append(NAMES.get(context.dialect.name, context.dialect.name))
        return function(script, heads)

    settings = {"fn": steps, "as_sql": True, "starting_rev": start, "destination_rev": end}
    try:
        with EnvironmentContext(config, script, **settings):
            script.run_env()
    except BaseException as error:
        words = str(error).strip().splitlines() or [""]
        return {"error": f"{type(error).__name__}: {words[0]}"}
    if used and used[0] != system:
        return {"error": f"env.py writes SQL for {used[0]}, whatever the URL in the settings is"}
    return {"sql": config.output_buffer.getvalue()}


script = ScriptDirectory.from_config(Config(ini))
whole = {
    system: run(system, lambda script, heads: script._upgrade_revs("heads", heads), None, "heads") for system in systems
}
# Each revision alone: what is recorded before and after it does not matter.
migration.HeadMaintainer.update_to_step = lambda self, step: None
revisions = {}
for revision in script.walk_revisions():
    id = revision.revision
    up = lambda script, heads: [MigrationStep.upgrade_from_script(script.revision_map, script.get_revision(id))]
    down = lambda script, heads: [MigrationStep.downgrade_from_script(script.revision_map, script.get_revision(id))]
    revisions[id] = {
        system: {"up": run(system, up, id, id), "down": run(system, down, id, id)} for system in systems
    }
json.dump({"whole": whole, "revisions": revisions}, answer)
