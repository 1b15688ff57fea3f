//! An export as the body of an answer. A piece is made when the one before has been sent, so a slow reader
//! holds neither a thread nor memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use usage_store::Store;

use super::format::Writing;
use super::limits::PIECE_BYTES;
use super::{Format, Found, Organizations, Walk};
use crate::app::App;

/// An answer that holds its place among the exports until it was sent.
pub(crate) fn download(
    app: &Arc<App>,
    walk: Walk,
    format: Format,
    place: Option<OwnedSemaphorePermit>,
) -> Response {
    let job = Job {
        doing: Doing::Looking(Found::default(), walk.clone()),
        walk,
        format,
        organizations: Organizations::default(),
    };
    let lines = Lines {
        app: Arc::clone(app),
        job: Some(job),
        working: None,
        _place: place,
    };
    let attached = format!("attachment; filename=\"{}\"", format.file_name());
    let attached = HeaderValue::try_from(attached).ok();
    let mut response = Body::new(lines).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static(format.content_type());
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(attached.map(|name| (CONTENT_DISPOSITION, name)));
    response
}

/// What is still to be done.
struct Job {
    doing: Doing,
    walk: Walk,
    format: Format,
    organizations: Organizations,
}

enum Doing {
    /// Looks for the names that there are.
    Looking(Found, Walk),
    Writing(Writing),
    Done,
}

impl Job {
    /// The next lines; maybe none yet.
    fn step(&mut self, store: &Store) -> Result<Vec<u8>, String> {
        let mut lines = Vec::new();
        match &mut self.doing {
            Doing::Looking(found, walk) => {
                let more = self.format.has_columns()
                    && found.step(store, walk).map_err(|e| e.to_string())?;
                if !more {
                    let begun = self.format.begin(found, &mut lines);
                    self.doing = Doing::Writing(begun.map_err(|e| e.to_string())?);
                }
            }
            Doing::Writing(writing) => {
                while lines.len() < PIECE_BYTES {
                    let Some(reports) = self.walk.step(store).map_err(|e| e.to_string())? else {
                        if let Doing::Writing(writing) =
                            std::mem::replace(&mut self.doing, Doing::Done)
                        {
                            writing.end(&mut lines).map_err(|e| e.to_string())?;
                        }
                        break;
                    };
                    for report in &reports {
                        let name = self.organizations.name(store, report.organization);
                        let name = name.map_err(|e| e.to_string())?;
                        let written = writing.write(&mut lines, report, name.as_deref());
                        written.map_err(|e| e.to_string())?;
                    }
                }
            }
            Doing::Done => {}
        }
        Ok(lines)
    }
}

/// A job that has got on, and what it wrote.
type Worked = (Job, Vec<u8>);

/// The lines that are still to be sent.
struct Lines {
    app: Arc<App>,
    job: Option<Job>,
    working: Option<JoinHandle<Result<Worked, String>>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        loop {
            let Some(working) = &mut self.working else {
                let Some(mut job) = self.job.take() else {
                    return Poll::Ready(None);
                };
                let app = Arc::clone(&self.app);
                self.working = Some(tokio::task::spawn_blocking(move || {
                    let lines = job.step(&app.store)?;
                    Ok((job, lines))
                }));
                continue;
            };
            let worked = ready!(Pin::new(working).poll(context));
            self.working = None;
            match worked.map_err(|e| e.to_string()).and_then(|piece| piece) {
                Ok((job, lines)) => {
                    self.job = Some(job).filter(|job| !matches!(job.doing, Doing::Done));
                    if !lines.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(Bytes::from(lines)))));
                    }
                }
                Err(cause) => {
                    // The reader sees that the end is missing.
                    tracing::error!(cause, "a download of reports failed");
                    return Poll::Ready(Some(Err(cause)));
                }
            }
        }
    }
}
