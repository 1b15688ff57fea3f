//! How many connections the operating system lets this process have.

use crate::limits::{CONNECTIONS_DEFAULT_MAX, DESCRIPTORS_RESERVED};

/// Connections at once: as configured, or as many as sensible, within what the process may open.
/// Raises that as far as it may.
pub(crate) fn connections_max(configured: Option<usize>) -> usize {
    let wanted = configured.unwrap_or(CONNECTIONS_DEFAULT_MAX);
    let Some(descriptors) = raised(wanted + DESCRIPTORS_RESERVED) else {
        return wanted;
    };
    let possible = descriptors.saturating_sub(DESCRIPTORS_RESERVED).max(1);
    if possible < wanted && configured.is_some() {
        tracing::warn!(
            configured = wanted,
            possible,
            "fewer connections than configured: raise this process's limit of open files \
             (LimitNOFILE= of systemd, ulimit -n of a shell)"
        );
    }
    wanted.min(possible)
}

/// How many files this process may have open, once that was raised where it must be; `None` where
/// there is no limit.
#[cfg(unix)]
fn raised(wanted: usize) -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current?;
    let wanted = wanted as u64;
    let raised = limit.maximum.map_or(wanted, |hard| hard.min(wanted));
    if raised > soft {
        let new = Rlimit {
            current: Some(raised),
            ..limit
        };
        // Where that isn't allowed the old limit holds.
        let _ = setrlimit(Resource::Nofile, new);
    }
    let holds = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(holds).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raised(_wanted: usize) -> Option<usize> {
    None
}
