//! A report's body: read and decompressed, both within bounds.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use usage_store::report::quoted;

use super::Refusal;
use crate::limits::{
    BODIES_IN_FLIGHT_MAX_BYTES, BODY_DISCARDED_MAX_BYTES, BODY_RESERVED_BYTES, ZSTD_WINDOW_LOG_MAX,
};

const FIELD: &str = "body";

/// Bytes of all bodies that are being read.
#[derive(Debug, Default)]
pub(crate) struct InFlight(AtomicUsize);

/// One body's part of them, given back when it is dropped.
struct Share<'a> {
    of: &'a InFlight,
    bytes: usize,
}

impl Share<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.bytes += bytes;
        if self.of.0.fetch_add(bytes, Ordering::Relaxed) + bytes > BODIES_IN_FLIGHT_MAX_BYTES {
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

/// Reads a body as sent into `kept`; what came before an error stays there.
pub(super) async fn read(
    mut body: Body,
    max_bytes: usize,
    in_flight: &InFlight,
    kept: &mut Vec<u8>,
) -> Result<(), Refusal> {
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
        if kept.len() + data.len() > max_bytes {
            discard(body).await;
            return Err(Refusal::field(FIELD, too_large(max_bytes, announced)));
        }
        let room = share.grow(data.len());
        if room.is_err() {
            discard(body).await;
            return room;
        }
        kept.extend_from_slice(data);
    }
    Ok(())
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

fn announced(body: &Body) -> usize {
    use axum::body::HttpBody;
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

/// Reads on to the end and keeps nothing: closing a connection with unread bytes in it would
/// reset it, and the sender would never see our answer.
pub(super) async fn discard(mut body: Body) {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, |data| data.len());
        if bytes > BODY_DISCARDED_MAX_BYTES {
            break;
        }
    }
}

/// The body without its Content-Encoding; `None` where it has none.
pub(super) fn decompress(
    headers: &HeaderMap,
    sent: &[u8],
    max_bytes: usize,
) -> Result<Option<Vec<u8>>, Refusal> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(encoding) = encodings.next() else {
        return Ok(None);
    };
    let encoding = encoding.as_bytes().trim_ascii();
    let named = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
    let decompressed = if encodings.next().is_some() {
        return Err(unknown_encoding("came more than once"));
    } else if encoding.is_empty() || named("identity") {
        return Ok(None);
    } else if named("gzip") || named("x-gzip") {
        read_bounded(
            flate2::bufread::MultiGzDecoder::new(sent),
            max_bytes,
            "gzip",
            sent,
        )
    } else if named("zstd") {
        let decoder = zstd::stream::read::Decoder::with_buffer(sent).and_then(|mut decoder| {
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Ok(decoder)
        });
        match decoder {
            Ok(decoder) => read_bounded(decoder, max_bytes, "zstd", sent),
            Err(e) => Err(not_valid("zstd", &e, sent)),
        }
    } else {
        return Err(unknown_encoding(&format!("is {}", quoted(encoding))));
    };
    decompressed.map(Some)
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
) -> Result<Vec<u8>, Refusal> {
    let mut decompressed = Vec::new();
    decoder
        .take(max_bytes as u64 + 1)
        .read_to_end(&mut decompressed)
        .map_err(|e| not_valid(name, &e, sent))?;
    if decompressed.len() > max_bytes {
        return Err(Refusal::field(
            FIELD,
            format!(
                "is larger than {max_bytes} bytes after decompression, the most that is taken; as sent it has {}",
                sent.len()
            ),
        ));
    }
    Ok(decompressed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BODY_DECOMPRESSED_MAX_BYTES;
    use axum::http::HeaderValue;
    use std::io::Write;

    fn decompressed(encoding: &str, sent: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        let value = HeaderValue::from_str(encoding).unwrap();
        decompress(
            &HeaderMap::from_iter([(header::CONTENT_ENCODING, value)]),
            sent,
            BODY_DECOMPRESSED_MAX_BYTES,
        )
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
        assert!(decompress(&HeaderMap::new(), b"[]", 2).unwrap().is_none());
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
