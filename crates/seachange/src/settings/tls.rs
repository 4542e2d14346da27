//! The encryption of a connection, with one set of names for both servers.

/// Whether a connection to a server is encrypted, and how the server is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server supports it, which is the drivers' default.
    Prefer,
    /// Encrypted or an error; the certificate is not checked.
    Require,
    /// Encrypted, and the certificate is signed by a trusted authority.
    VerifyCa,
    /// As [`TlsMode::VerifyCa`], and the certificate is for the requested host.
    VerifyFull,
}

impl TlsMode {
    /// The spellings in messages and help texts.
    pub(super) const NAMES: &str = "disable, prefer, require, verify-ca, verify-full";

    /// Reads a mode in the spelling of PostgreSQL or of MySQL, in any case.
    ///
    /// PostgreSQL's `allow` counts as `prefer`: `prefer` encrypts in every case where `allow` does.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        match &*name {
            "disable" | "disabled" | "false" | "off" => Some(Self::Disable),
            "allow" | "prefer" | "preferred" => Some(Self::Prefer),
            "require" | "required" | "true" | "on" => Some(Self::Require),
            "verify-ca" => Some(Self::VerifyCa),
            "verify-full" | "verify-identity" => Some(Self::VerifyFull),
            _ => None,
        }
    }

    /// Returns the mode as the value of PostgreSQL's `sslmode`.
    #[must_use]
    pub const fn postgres(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// Returns the mode as the value of MySQL's `ssl-mode`.
    #[must_use]
    pub const fn mysql(self) -> &'static str {
        match self {
            Self::Disable => "disabled",
            Self::Prefer => "preferred",
            Self::Require => "required",
            Self::VerifyCa => "verify_ca",
            Self::VerifyFull => "verify_identity",
        }
    }
}
