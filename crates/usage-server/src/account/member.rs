//! The extractor for pages of one organization, at paths with its `{id}`.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use usage_store::registry::{Organization, OrganizationId, Role};

use super::SignedIn;
use crate::app::App;
use crate::pages::Failure;

/// A signed-in member of the organization of the path. Another's organization answers exactly like
/// one that doesn't exist, operators included: they have pages of their own.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// Who, with the token of their forms.
    pub(crate) person: SignedIn,
    /// The organization of the path.
    pub(crate) organization: Organization,
    /// What they are there.
    pub(crate) role: Role,
}

impl Member {
    /// Refuses a form that doesn't bring this session's token.
    pub(crate) fn check(&self, given: &str) -> Result<(), Failure> {
        self.person.check(given)
    }

    /// Refuses who isn't an owner.
    pub(crate) fn must_own(&self) -> Result<(), Failure> {
        match self.role {
            Role::Owner => Ok(()),
            Role::Member => Err(Failure::NotAnOwner),
        }
    }
}

impl FromRequestParts<Arc<App>> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let person = SignedIn::from_request_parts(parts, app).await?;
        let params = RawPathParams::from_request_parts(parts, app).await.ok();
        let id = params.and_then(|params| {
            let (_, id) = params.iter().find(|(name, _)| *name == "id")?;
            id.parse().ok().map(OrganizationId)
        });
        let found = person
            .memberships
            .iter()
            .find(|membership| Some(membership.organization.id) == id)
            .cloned();
        match found {
            None => Err(Failure::NotFound.into_response()),
            Some(membership) => Ok(Member {
                person,
                organization: membership.organization,
                role: membership.role,
            }),
        }
    }
}
