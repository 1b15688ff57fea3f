//! Where a token is kept between starts. What one means is the server's business, how one is got
//! registration's.

mod environment;
mod file;
mod memory;

use std::io;

pub use environment::EnvironmentToken;
pub use file::FileToken;
pub use memory::MemoryToken;

use crate::core::Token;

/// Keeps the token that registration got: in a [file](FileToken), in the
/// [environment](EnvironmentToken), in [memory](MemoryToken), or where you like.
///
/// A `Reporter` asks it before each send, from its own thread, so a token that is
/// stored while the program runs is used at once.
pub trait TokenStore: Send + Sync {
    /// The token, if there is one. A blank one is none.
    ///
    /// # Errors
    ///
    /// Where it may be there but can't be read.
    fn load(&self) -> io::Result<Option<Token>>;

    /// Keeps `token`, instead of an older one.
    ///
    /// # Errors
    ///
    /// Where it can't be kept: what [`load`](Self::load) finds is then as before.
    fn save(&self, token: &Token) -> io::Result<()>;

    /// Forgets the token. Fine if there is none.
    ///
    /// # Errors
    ///
    /// Where it is still there.
    fn forget(&self) -> io::Result<()>;
}

impl<T: TokenStore + ?Sized> TokenStore for std::sync::Arc<T> {
    fn load(&self) -> io::Result<Option<Token>> {
        (**self).load()
    }

    fn save(&self, token: &Token) -> io::Result<()> {
        (**self).save(token)
    }

    fn forget(&self) -> io::Result<()> {
        (**self).forget()
    }
}
