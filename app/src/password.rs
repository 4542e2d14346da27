//! Hashes passwords without delaying other requests.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// A password that could not be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    /// Argon2 refused, or the operating system had no randomness for the salt.
    #[error("cannot hash a password: {0}")]
    Argon2(argon2::password_hash::Error),
    /// The thread panicked, or the service stopped.
    #[error("hashing a password was interrupted: {0}")]
    Thread(#[from] JoinError),
}

/// Hashes passwords with Argon2id and its recommended costs.
pub(crate) struct Hasher {
    /// One permit for each processor: a hash keeps one processor busy and takes 19 MiB, so more at a time would only
    /// use memory.
    permits: Semaphore,
}

impl Hasher {
    /// Makes a hasher with a permit for each processor of this computer.
    pub(crate) fn new() -> Self {
        Self { permits: Semaphore::new(std::thread::available_parallelism().map_or(1, Into::into)) }
    }

    /// Returns the hash of `password` with a random salt, as a string in the PHC format.
    pub(crate) async fn hash(&self, password: String) -> Result<String, HashError> {
        // The semaphore is never closed; without a permit the hash would still be right.
        let _permit = self.permits.acquire().await.ok();
        let hash = spawn_blocking(move || Argon2::default().hash_password(password.as_bytes())).await?;
        Ok(hash.map_err(HashError::Argon2)?.to_string())
    }
}
