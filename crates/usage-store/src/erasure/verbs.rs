//! Erasures as an organization's owners ask for them, and the end of an organization.

use jiff::Timestamp;

use super::{ErasureRequest, OwnErasure, Toll, Whose};
use crate::registry::{OrganizationId, organizations};
use crate::{Result, Store};

/// Erasures of an organization's own.
impl Store {
    /// What an erasure would take: of a request, or with `None` of everything that the organization
    /// reported.
    pub fn toll(&self, of: OrganizationId, request: Option<&ErasureRequest>) -> Result<Toll> {
        self.readers.read(|db| super::toll(db, of, request))
    }

    /// Asks for an erasure of an organization's own reports: of a request, whoever's it says, or with
    /// `None` of everything. Its id; where the same is asked for already, the id of that.
    pub fn request_own_erasure(
        &self,
        of: OrganizationId,
        request: Option<&ErasureRequest>,
        by: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<i64> {
        self.write(|db| {
            let code = match request {
                None => super::request_all(db, of, by, code, now)?,
                Some(request) => {
                    let own = ErasureRequest {
                        whose: Whose::Organizations(of),
                        actor: by.to_owned(),
                        ..request.clone()
                    };
                    super::request(db, &own, code, now)?
                }
            };
            super::id(db, &code)
        })
    }

    /// The newest erasures of an organization's reports.
    pub fn own_erasures(&self, of: OrganizationId, at_most: u32) -> Result<Vec<OwnErasure>> {
        self.readers
            .read(|db| super::of_organization(db, of, at_most))
    }

    /// One of them; `None` for another's.
    pub fn own_erasure(&self, of: OrganizationId, id: i64) -> Result<Option<OwnErasure>> {
        self.readers.read(|db| super::own(db, of, id))
    }

    /// Ends an organization: its tokens are revoked, its members and invitations gone, its name is free,
    /// and everything that it reported is to be erased. Where the erasure's status is found: `code`, or
    /// where everything is to be erased already, the code of that.
    pub fn end_organization(
        &self,
        of: OrganizationId,
        by: &str,
        code: &str,
        now: Timestamp,
    ) -> Result<String> {
        let code = self.write(|db| {
            organizations::end(db, of, by, now)?;
            super::request_all(db, of, by, code, now)
        })?;
        self.grants.clear();
        Ok(code)
    }
}
