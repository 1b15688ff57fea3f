//! The one-time link that makes the first operator. Its code lives in memory only: it dies
//! with its use or with the process.

use std::sync::{Mutex, PoisonError};

use super::secret::Secret;

/// The code of the link, while it may be used.
#[derive(Debug, Default)]
pub(crate) struct FirstVisit {
    code: Mutex<Option<Secret>>,
}

impl FirstVisit {
    /// For a server that has an operator already: no link works.
    pub(crate) fn closed() -> FirstVisit {
        FirstVisit::default()
    }

    /// For a server without one: a new link.
    pub(crate) fn open() -> Result<FirstVisit, getrandom::Error> {
        Ok(FirstVisit {
            code: Mutex::new(Some(Secret::random()?)),
        })
    }

    /// The link's path, to be printed after the public URL: `/welcome/CODE`.
    pub(crate) fn path(&self) -> Option<String> {
        let code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        code.as_ref()
            .map(|code| format!("/welcome/{}", code.text()))
    }

    /// Whether this is the code, and it still works.
    pub(crate) fn admits(&self, candidate: &str) -> bool {
        let code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        match (code.as_ref(), Secret::parse(candidate)) {
            (Some(code), Some(candidate)) => code.same_as(&candidate),
            _ => false,
        }
    }

    /// From now on no link works.
    pub(crate) fn close(&self) {
        *self.code.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_works_until_it_is_used() {
        let visit = FirstVisit::open().unwrap();
        let path = visit.path().unwrap();
        let code = path.strip_prefix("/welcome/").unwrap();
        assert!(visit.admits(code));
        assert!(!visit.admits("guess"));
        assert!(!visit.admits(&Secret::random().unwrap().text()));
        visit.close();
        assert!(!visit.admits(code));
        assert_eq!(visit.path(), None);
    }
}
