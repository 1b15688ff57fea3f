//! Webhooks: who is told of what happens here, what waits for them, and up to where it is decided what they
//! hear of. What is told, and how it gets there, is the server's; here is what must survive a restart. What is
//! decided and what waits for it change in one transaction, so nothing is told twice by deciding it twice, and
//! nothing is missed.

mod hooks;
mod limits;
mod news;
mod queue;

pub use hooks::{Event, Events, NewWebhook, Webhook, WebhookId};
pub use news::{Growth, NewCluster, NewOrganization, Reason, Watched};
pub(crate) use queue::forget;
pub use queue::{Due, GivenUp, News};
