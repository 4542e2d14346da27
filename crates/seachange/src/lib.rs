//! Part of seachange.
pub mod alter;
