//! Part of seachange.

fn main() {}
