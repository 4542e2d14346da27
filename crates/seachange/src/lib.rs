//! Part of seachange.

#[cfg(feature = "args")]
pub mod args;
pub mod connection;
pub mod settings;

pub use settings::DatabaseSettings;
pub mod alter;
