//! Part of seachange.
