//! A report's body: read and decompressed, both within bounds.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::HttpBody;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use usage_store::report::quoted;

use super::Refusal;
use super::sender::Payer;
use crate::limits::{
    BODIES_IN_FLIGHT_MAX_BYTES, BODY_DISCARDED_MAX_BYTES, BODY_RESERVED_BYTES,
    LARGE_BODIES_IN_FLIGHT_MAX_BYTES, LARGE_BODIES_WAITING_MAX, ZSTD_WINDOW_LOG_MAX,
};

const FIELD: &str = "body";

/// Bytes of all bodies that are being read.
#[derive(Debug, Default)]
pub(crate) struct InFlight(AtomicUsize);

impl InFlight {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// One body's part of them, given back when it is dropped.
pub(super) struct Share<'a> {
    of: &'a InFlight,
    bytes: usize,
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes;
        // The last part is for small bodies: large ones never keep those out.
        let max = match self.bytes {
            0..=BODY_RESERVED_BYTES => BODIES_IN_FLIGHT_MAX_BYTES,
            _ => LARGE_BODIES_IN_FLIGHT_MAX_BYTES,
        };
        if self.of.0.fetch_add(bytes, Ordering::Relaxed) + bytes > max {
            return Err(Refusal::Overloaded);
        }
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Large bodies are decompressed and read on threads of their own, so that nobody else waits for them:
/// a few at once, some that wait, no more.
#[derive(Debug)]
pub(crate) struct Large {
    at_once: Semaphore,
    in_all: Semaphore,
}

/// One large body's turn.
pub(super) struct Turn<'a> {
    _one_of_few: SemaphorePermit<'a>,
    _one_of_all: SemaphorePermit<'a>,
}

impl Large {
    pub(super) fn new() -> Large {
        // Half of the processors, as connections and the disk need theirs.
        let processors = std::thread::available_parallelism().map_or(1, |n| n.get());
        Large {
            at_once: Semaphore::new(processors.div_ceil(2)),
            in_all: Semaphore::new(LARGE_BODIES_WAITING_MAX),
        }
    }

    pub(super) async fn turn(&self) -> Result<Turn<'_>, Refusal> {
        let one_of_all = self.in_all.try_acquire();
        let one_of_all = one_of_all.map_err(|_| Refusal::Overloaded)?;
        let one_of_few = self.at_once.acquire().await;
        Ok(Turn {
            _one_of_few: one_of_few.map_err(|_| Refusal::Overloaded)?,
            _one_of_all: one_of_all,
        })
    }
}

/// Reads a body as sent into `kept`; what came before an error stays there.
pub(super) async fn read<'a>(
    mut body: impl HttpBody<Data = Bytes> + Unpin,
    max_bytes: usize,
    in_flight: &'a InFlight,
    payer: &Payer<'_>,
    kept: &mut Vec<u8>,
) -> Result<Share<'a>, Refusal> {
    let mut share = Share {
        of: in_flight,
        bytes: 0,
    };
    let announced = announced(&body);
    kept.reserve_exact(announced.min(BODY_RESERVED_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::field(FIELD, ended_early(kept.len(), announced)))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        let bytes = kept.len() + data.len();
        if bytes > max_bytes {
            discard(body).await;
            return Err(Refusal::field(FIELD, too_large(max_bytes, announced)));
        }
        let paid = payer.pay_for_growth(kept.len(), bytes);
        if let Err(refusal) = paid.and_then(|()| share.grow(data.len())) {
            discard(body).await;
            return Err(refusal);
        }
        kept.extend_from_slice(data);
    }
    Ok(share)
}

/// Reads a body that is no report's, and decompresses it; both within `max_bytes`.
pub(super) async fn read_short<'a>(
    body: impl HttpBody<Data = Bytes> + Unpin,
    headers: &HeaderMap,
    max_bytes: usize,
    in_flight: &'a InFlight,
    payer: &Payer<'_>,
) -> Result<(Vec<u8>, Share<'a>), Refusal> {
    let mut sent = Vec::new();
    let share = read(body, max_bytes, in_flight, payer, &mut sent).await?;
    match Encoding::of(headers)? {
        Some(encoding) => Ok((encoding.undo(&sent, max_bytes)?, share)),
        None => Ok((sent, share)),
    }
}

fn ended_early(bytes: usize, announced: usize) -> String {
    match announced {
        0 => format!("ended early, after {bytes} bytes and in the middle of a chunk"),
        _ => format!("ended early, after {bytes} of the {announced} bytes in Content-Length"),
    }
}

fn too_large(max_bytes: usize, announced: usize) -> String {
    let came = match announced {
        0 => String::new(),
        _ => format!("; it has {announced}"),
    };
    format!("is larger than {max_bytes} bytes as sent, the most that is taken{came}")
}

fn announced(body: &impl HttpBody) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

/// Reads on to the end and keeps nothing: closing a connection with unread bytes in it would
/// reset it, and the sender would never see our answer.
pub(super) async fn discard(mut body: impl HttpBody<Data = Bytes> + Unpin) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len());
        if bytes > BODY_DISCARDED_MAX_BYTES {
            break;
        }
    }
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Gzip,
    Zstd,
}

impl Encoding {
    /// `None` where it isn't.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Encoding>, Refusal> {
        let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(encoding) = encodings.next() else {
            return Ok(None);
        };
        let encoding = encoding.as_bytes().trim_ascii();
        let named = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
        if encodings.next().is_some() {
            Err(unknown_encoding("came more than once"))
        } else if encoding.is_empty() || named("identity") {
            Ok(None)
        } else if named("gzip") || named("x-gzip") {
            Ok(Some(Encoding::Gzip))
        } else if named("zstd") {
            Ok(Some(Encoding::Zstd))
        } else {
            Err(unknown_encoding(&format!("is {}", quoted(encoding))))
        }
    }

    /// The body decompressed, if it has at most so many bytes then.
    pub(super) fn undo_within(
        self,
        sent: &[u8],
        max_bytes: usize,
    ) -> Result<Option<Vec<u8>>, Refusal> {
        match self {
            Encoding::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(sent);
                read_bounded(decoder, max_bytes, "gzip", sent)
            }
            Encoding::Zstd => {
                let decoder =
                    zstd::stream::read::Decoder::with_buffer(sent).and_then(|mut decoder| {
                        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                        Ok(decoder)
                    });
                match decoder {
                    Ok(decoder) => read_bounded(decoder, max_bytes, "zstd", sent),
                    Err(e) => Err(not_valid("zstd", &e, sent)),
                }
            }
        }
    }

    /// The body decompressed; an error where it is larger.
    pub(super) fn undo(self, sent: &[u8], max_bytes: usize) -> Result<Vec<u8>, Refusal> {
        self.undo_within(sent, max_bytes)?.ok_or_else(|| {
            let bytes = sent.len();
            Refusal::field(
                FIELD,
                format!(
                    "is larger than {max_bytes} bytes after decompression, the most that is taken; as sent it has {bytes}"
                ),
            )
        })
    }
}

fn unknown_encoding(came: &str) -> Refusal {
    Refusal::field(
        "Content-Encoding",
        format!("{came}; expected one of gzip, zstd and identity"),
    )
}

fn not_valid(name: &str, error: &std::io::Error, sent: &[u8]) -> Refusal {
    let bytes = sent.len();
    let begin = quoted(&sent[..bytes.min(8)]);
    Refusal::field(
        FIELD,
        format!(
            "is not valid {name}, as its Content-Encoding says: {error}; got {bytes} bytes that begin with {begin}"
        ),
    )
}

fn read_bounded(
    decoder: impl Read,
    max_bytes: usize,
    name: &str,
    sent: &[u8],
) -> Result<Option<Vec<u8>>, Refusal> {
    let mut decompressed = Vec::new();
    decoder
        .take(max_bytes as u64 + 1)
        .read_to_end(&mut decompressed)
        .map_err(|e| not_valid(name, &e, sent))?;
    Ok((decompressed.len() <= max_bytes).then_some(decompressed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BODY_DECOMPRESSED_MAX_BYTES;
    use axum::http::HeaderValue;
    use std::io::Write;

    fn decompressed(encoding: &str, sent: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let value = HeaderValue::from_str(encoding).unwrap();
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]);
        let encoding = Encoding::of(&headers)?;
        encoding
            .map(|encoding| encoding.undo(sent, BODY_DECOMPRESSED_MAX_BYTES))
            .transpose()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[track_caller]
    fn refused(encoding: &str, sent: &[u8], why: &str) {
        let Err(Refusal::Fields(errors)) = decompressed(encoding, sent) else {
            panic!("must be refused")
        };
        assert!(errors.to_string().contains(why), "{errors}");
    }

    #[test]
    fn known_encodings_are_undone() {
        assert_eq!(Encoding::of(&HeaderMap::new()).unwrap(), None);
        for name in ["identity", "", "Identity"] {
            assert!(decompressed(name, b"[]").unwrap().is_none(), "{name}");
        }
        for name in ["gzip", "GZIP", "x-gzip"] {
            assert_eq!(decompressed(name, &gzip(b"[]")).unwrap().unwrap(), b"[]");
        }
        let zstd = zstd::encode_all(&b"[]"[..], 3).unwrap();
        assert_eq!(decompressed("zstd", &zstd).unwrap().unwrap(), b"[]");
    }

    #[test]
    fn what_is_unknown_or_broken_is_refused() {
        for name in ["br", "deflate", "gzip, gzip", "identity, gzip"] {
            refused(name, b"[]", "expected one of gzip, zstd");
        }
        refused("gzip", b"[]", "is not valid gzip");
        refused("gzip", b"", "is not valid gzip");
        refused("gzip", &gzip(&[7; 999])[..20], "is not valid gzip");
        refused("zstd", b"[]", "is not valid zstd");
    }

    #[test]
    fn a_bomb_goes_off_at_the_limit() {
        let fits = vec![b' '; BODY_DECOMPRESSED_MAX_BYTES];
        let bomb = vec![b' '; BODY_DECOMPRESSED_MAX_BYTES + 1];
        assert!(decompressed("gzip", &gzip(&fits)).is_ok());
        refused("gzip", &gzip(&bomb), "after decompression");
        assert!(decompressed("zstd", &zstd::encode_all(&fits[..], 1).unwrap()).is_ok());
        refused(
            "zstd",
            &zstd::encode_all(&bomb[..], 1).unwrap(),
            "after decompression",
        );
    }

    #[test]
    fn a_large_zstd_window_is_refused() {
        let with_window = |log: u32| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            encoder.window_log(log).unwrap();
            encoder.write_all(b"[]").unwrap();
            // Without a flush the frame would be "single segment" and need no window.
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(
            decompressed("zstd", &with_window(ZSTD_WINDOW_LOG_MAX))
                .unwrap()
                .unwrap(),
            b"[]"
        );
        refused(
            "zstd",
            &with_window(ZSTD_WINDOW_LOG_MAX + 1),
            "is not valid zstd",
        );
    }
}
