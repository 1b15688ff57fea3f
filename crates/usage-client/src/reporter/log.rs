//! The reporter's voice: silent, unless the feature `tracing` is on. One warning per outage, the rest at
//! debug level; no token, no body, no whole URL.

/// For whoever runs the product: something wants attention.
macro_rules! warning {
    ($($said:tt)*) => {{
        #[cfg(feature = "tracing")]
        tracing::warn!(target: "usage_client", $($said)*);
        #[cfg(not(feature = "tracing"))]
        let _ = format_args!($($said)*);
    }};
}

/// For whoever looks closely.
macro_rules! debug {
    ($($said:tt)*) => {{
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "usage_client", $($said)*);
        #[cfg(not(feature = "tracing"))]
        let _ = format_args!($($said)*);
    }};
}

pub(super) use {debug, warning};
