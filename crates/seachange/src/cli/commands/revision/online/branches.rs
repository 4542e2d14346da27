//! The branches on which the halves of a change are written.

use std::path::PathBuf;

use seachange_cli::commands::revision::NewRevisionArgs;
use seachange_cli::{Diagnostic, printable};
use seachange_graph::Revision;
use seachange_source::RevisionFiles;

/// The places of both halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branches {
    pub(super) expand: BranchPlace,
    pub(super) contract: BranchPlace,
}

/// The place of the next revision of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BranchPlace {
    pub(super) label: String,
    /// Whether the branch begins with the revision.
    pub(super) is_new: bool,
    pub(super) down_revision: Vec<String>,
    pub(super) folder: PathBuf,
}

/// Finds the places: the heads of the branches `expand` and `contract`, or the only head, where these branches begin. After
/// branches that are merged, `expand_2` and `contract_2` begin, and so on.
///
/// # Errors
///
/// A place that is not valid, with the commands that would work.
pub(super) fn branches(files: &RevisionFiles, new: &NewRevisionArgs) -> Result<Branches, Diagnostic> {
    for number in 1_usize.. {
        let name = |half: &str| if number == 1 { half.to_owned() } else { format!("{half}_{number}") };
        let labels = [name("expand"), name("contract")];
        let [expand, contract] = [0, 1].map(|at| Known::find(files, &labels[at]));
        let [expand_label, contract_label] = labels;
        let places = match (expand, contract) {
            (None, None) => {
                let place = new.place(files, &["--autogenerate", "--online"])?;
                let begun = |label| BranchPlace {
                    label,
                    is_new: true,
                    down_revision: place.down_revision.clone(),
                    folder: place.folder.clone(),
                };
                [begun(expand_label), begun(contract_label)]
            }
            (Some(expand), None) => [expand.next(files, expand_label, new)?, expand.beside(files, contract_label)],
            (None, Some(contract)) => {
                [contract.beside(files, expand_label), contract.next(files, contract_label, new)?]
            }
            (Some(expand), Some(contract)) if expand.heads == contract.heads => continue,
            (Some(expand), Some(contract)) => {
                [expand.next(files, expand_label, new)?, contract.next(files, contract_label, new)?]
            }
        };
        let [expand, contract] = places;
        return Ok(Branches { expand, contract });
    }
    unreachable!("a graph has finitely many labels")
}

/// A branch that is there.
struct Known {
    /// The revision that carries the label.
    first: Revision,
    /// The ids of its heads.
    heads: Vec<String>,
}

impl Known {
    fn find(files: &RevisionFiles, label: &str) -> Option<Self> {
        let graph = files.graph();
        let first = graph.iter().find(|own| own.branch_labels.iter().any(|own| own == label))?.clone();
        let heads = graph.heads().into_iter().filter(|head| graph.labels(&head.id).contains(&label));
        Some(Self { first, heads: heads.map(|head| head.id.clone()).collect() })
    }

    /// The place above its head.
    fn next(&self, files: &RevisionFiles, label: String, new: &NewRevisionArgs) -> Result<BranchPlace, Diagnostic> {
        if let Some(head) = new.head() {
            let head = printable::name(head);
            return Err(Diagnostic::usage(format!("the branch `{label}` goes on at its head, not at `{head}`"))
                .hint("`--head` says where the branches begin that `--online` makes at its first use"));
        }
        let place = new.place_at(files, &format!("{label}@head"), &["--autogenerate", "--online"])?;
        Ok(BranchPlace { label, is_new: false, down_revision: place.down_revision, folder: place.folder })
    }

    /// The place where it begins.
    fn beside(&self, files: &RevisionFiles, label: String) -> BranchPlace {
        let file = files.file(&self.first.id).and_then(|file| file.path.parent());
        let folder = file.map(PathBuf::from).unwrap_or_default();
        BranchPlace { label, is_new: true, down_revision: self.first.down_revision.clone(), folder }
    }
}
