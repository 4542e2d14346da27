//! `deploy/kubernetes.yaml`: the init containers of several pods at once, and then the service.

use seachange_tests::harness::TestResult;
use seachange_tests::{Running, TestDatabase, workspace};
use yaml_rust2::Yaml;

use super::project::image;
use super::{documents, serves, texts};

pub(super) fn starts(database: &TestDatabase) -> TestResult {
    let documents = documents(&workspace().join("deploy/kubernetes.yaml"))?;
    let kinds: Vec<&str> = documents.iter().filter_map(|document| document["kind"].as_str()).collect();
    assert_eq!(kinds, ["Deployment", "Service"]);
    let spec = &documents[0]["spec"];
    let pod = &spec["template"]["spec"];
    assert_eq!(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]);
    assert_eq!(documents[1]["spec"]["selector"], spec["template"]["metadata"]["labels"]);
    let (migration, app) = (&pod["initContainers"][0], &pod["containers"][0]);
    assert_eq!(migration["image"], app["image"]);
    assert_eq!(app["ports"][0]["containerPort"].as_i64(), image()?.port.parse().ok());
    for container in [migration, app] {
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"].as_bool(), Some(true));
        assert_eq!(container["envFrom"][0]["secretRef"]["name"].as_str(), Some("shop-database"));
    }

    let program = |container: &Yaml| {
        Ok::<_, Box<dyn std::error::Error>>(
            image()?.program(&texts(&container["command"]))?.env("DATABASE_URL", database.url()),
        )
    };
    let pods = spec["replicas"].as_i64().ok_or("a number of pods")?;
    let running: Vec<Running> =
        (0..pods).map(|_| Ok(program(migration)?.start()?)).collect::<Result<_, Box<dyn std::error::Error>>>()?;
    for pod in running {
        pod.finish()?.succeeded()?;
    }
    let count: i64 = database.value("SELECT count(*) FROM seachange_revision")?;
    assert_eq!(count, 1, "one pod applied the revision");

    // A rollout that is undone: the older program leaves what it does not know.
    database.execute(
        "INSERT INTO seachange_revision SELECT 'ffffffffffff', revision, depends_on, source_hash, state,
         started_at, finished_at, duration_ms, program FROM seachange_revision",
    )?;
    program(migration)?.run()?.succeeded()?;
    serves(program(app)?)
}
