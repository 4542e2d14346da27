//! What a server says of itself when a run begins: whether it is a member of a cluster on which a lock of a session
//! does not hold, and whether it is a system on which the engine is not tested.

/// What a run has to know of its server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ServerIdentity {
    /// The cluster of which the server is a member.
    pub(crate) cluster: Option<Cluster>,
    /// The name of a system that speaks the protocol of PostgreSQL or MySQL, and on which the engine is not tested.
    pub(crate) untried: Option<&'static str>,
}

/// The name of an untried system, by what it says of its version.
#[cfg(any(feature = "postgres", feature = "mysql", test))]
pub(super) fn untried(version: &str) -> Option<&'static str> {
    const SYSTEMS: [(&str, &str); 5] = [
        ("cockroachdb", "CockroachDB"),
        ("-yb-", "YugabyteDB"),
        ("tidb", "TiDB"),
        ("vitess", "Vitess"),
        ("xtradb cluster", "Percona XtraDB Cluster"),
    ];
    let version = version.to_lowercase();
    SYSTEMS.iter().find(|(mark, _)| version.contains(mark)).map(|(_, system)| *system)
}

/// A cluster in which several servers accept writes, or may begin to, and in which each server has its own `GET_LOCK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "only MySQL and MariaDB have such clusters"))]
pub(crate) enum Cluster {
    /// Galera, of MariaDB.
    Galera,
    /// MySQL's group replication.
    GroupReplication,
}

impl Cluster {
    /// The setting of a session, with its value, by which each statement waits until the server has applied what other
    /// servers committed before.
    pub(crate) fn causal_reads(self) -> (&'static str, &'static str) {
        match self {
            // 1 for reads, 2 for updates and deletions, 4 for insertions, 8 for SHOW.
            Self::Galera => ("wsrep_sync_wait", "15"),
            Self::GroupReplication => ("group_replication_consistency", "'BEFORE'"),
        }
    }

    /// As [`causal_reads`](Self::causal_reads), for the session of a lease: its changes need not wait, because the cluster
    /// decides about them when they commit.
    pub(crate) fn causal_lease(self) -> (&'static str, &'static str) {
        match self {
            Self::Galera => ("wsrep_sync_wait", "1"),
            Self::GroupReplication => self.causal_reads(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::untried;

    #[test]
    fn untried_systems_are_recognised_by_their_versions() {
        for (version, system) in [
            (
                "CockroachDB CCL v23.2.3 (x86_64-pc-linux-gnu, built 2024/03/18 19:28:44, go1.21.5 X:nocoverageredesign)",
                "CockroachDB",
            ),
            ("CockroachDB OSS v22.1.8 (x86_64-apple-darwin19, built 2022/09/29 14:21:51, go1.17.11)", "CockroachDB"),
            (
                "PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit",
                "YugabyteDB",
            ),
            (
                "PostgreSQL 15.2-YB-2.25.0.0-b0 on aarch64-unknown-linux-gnu, compiled by clang version 17.0.6, 64-bit",
                "YugabyteDB",
            ),
            ("8.0.11-TiDB-v7.5.1", "TiDB"),
            ("5.7.25-TiDB-v6.1.0", "TiDB"),
            ("TiDB Server (Apache License 2.0) Community Edition, MySQL 8.0 compatible", "TiDB"),
            ("8.0.30-Vitess", "Vitess"),
            ("5.7.9-vitess-14.0.1", "Vitess"),
            (
                "Percona XtraDB Cluster (GPL), Release rel27, Revision 2ad81f8, WSREP version 26.1.4.3",
                "Percona XtraDB Cluster",
            ),
        ] {
            assert_eq!(untried(version), Some(system), "{version}");
        }
    }

    #[test]
    fn tested_systems_are_not_taken_for_others() {
        for version in [
            "PostgreSQL 15.10 (Debian 15.10-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit",
            "PostgreSQL 17.2 on aarch64-unknown-linux-musl, compiled by gcc (Alpine 14.2.0) 14.2.0, 64-bit",
            "10.11.19-MariaDB-0+deb12u1",
            "11.4.4-MariaDB-ubu2404-log",
            "9.7.4",
            "8.0.40-0ubuntu0.24.04.1",
            "MySQL Community Server - GPL",
            "Percona Server (GPL), Release 33, Revision 8ed1a65",
            "Debian 12",
        ] {
            assert_eq!(untried(version), None, "{version}");
        }
    }
}
