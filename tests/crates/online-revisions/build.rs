//! Registers the files in `src/versions`.

fn main() {
    seachange_source::build::revisions("src/versions");
}
