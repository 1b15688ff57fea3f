//! What every page needs to know of the request that it answers, without each handler handing it on: which colours
//! the reader chose, and where they are, to come back after choosing. Kept beside the request for as long as it is
//! answered; the public page knows neither, as it is the same for everybody.

use axum::extract::Request;
use axum::http::Method;

use super::theme::Theme;
use crate::account::local_path;

/// Below this nothing is a reader's own.
const SAME_FOR_ALL: &str = "/public/";

/// Below this addresses are good once.
const GOOD_ONCE: &str = "/sign-in/openid/";

tokio::task_local! {
    static READER: Reader;
}

/// Whoever reads the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Reader {
    pub(super) theme: Theme,
    /// Where they are, below the base; `None` where a link doesn't lead there again.
    pub(super) at: Option<String>,
}

impl Reader {
    /// Who sent a request.
    pub(super) fn of(request: &Request, tls: bool) -> Reader {
        if request.uri().path().starts_with(SAME_FOR_ALL) {
            return Reader::default();
        }
        let at = request.uri().path_and_query().map(|at| at.as_str());
        let leads_here = |at: &&str| {
            *request.method() == Method::GET && local_path(at) == *at && !at.starts_with(GOOD_ONCE)
        };
        Reader {
            theme: Theme::chosen(request.headers(), tls),
            at: at.filter(leads_here).map(str::to_owned),
        }
    }

    /// Of a page that is the same wherever they are, such as one that says that nothing is there.
    pub(super) fn anywhere(self) -> Reader {
        Reader { at: None, ..self }
    }

    /// Whose request is being answered.
    pub(super) fn now() -> Reader {
        READER.try_with(Clone::clone).unwrap_or_default()
    }

    /// Answers their request.
    pub(super) async fn during<T>(self, answer: impl Future<Output = T>) -> T {
        READER.scope(self, answer).await
    }

    /// Works for them on another thread.
    pub(super) fn work<T>(self, work: impl FnOnce() -> T) -> T {
        READER.sync_scope(self, work)
    }
}
