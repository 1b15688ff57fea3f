//! The ways to save: stories that hold for each of them are told once.

use usage_client::{Client, Error, Reply, Saveable};

/// How a report is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Blocking,
    #[cfg(feature = "async")]
    CurrentThread,
    #[cfg(feature = "async")]
    MultiThread,
}

impl Way {
    pub(crate) const ALL: &[Self] = &[
        Self::Blocking,
        #[cfg(feature = "async")]
        Self::CurrentThread,
        #[cfg(feature = "async")]
        Self::MultiThread,
    ];

    pub(crate) fn save<S: Saveable>(self, client: &Client, report: &S) -> Result<Reply, Error> {
        #[cfg(feature = "async")]
        let awaited = |mut runtime: tokio::runtime::Builder| {
            let client = usage_client::AsyncClient::new(client.clone());
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(client.save(report))
        };
        match self {
            Self::Blocking => client.save(report),
            #[cfg(feature = "async")]
            Self::CurrentThread => awaited(tokio::runtime::Builder::new_current_thread()),
            #[cfg(feature = "async")]
            Self::MultiThread => awaited(tokio::runtime::Builder::new_multi_thread()),
        }
    }
}
