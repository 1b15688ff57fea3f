//! HTTP/1.1 as far as both sides of a test need it: a head and a body, read within bounds.

use std::io::{self, BufRead, ErrorKind, Read};

/// A head: request line, headers. Far more than any client or server of ours sends.
const HEAD_BYTES: u64 = 64 * 1024;

/// A body. The largest that a test has a reason to send is somewhat over the protocol's 1 MiB.
const BODY_BYTES: u64 = 16 * 1024 * 1024;

/// A request or a reply as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// `POST /api/v1/servers HTTP/1.1`, or `HTTP/1.1 201 Created`.
    pub(super) first_line: String,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// Where a body without a length ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutLength {
    /// There is none: requests.
    Empty,
    /// With the connection: replies.
    UntilClosed,
}

pub(super) fn header<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    let mut found = headers.iter();
    found
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_slice())
}

/// The next message; none where the connection ends before one begins.
pub(super) fn read(
    reader: &mut impl BufRead,
    without_length: WithoutLength,
) -> io::Result<Option<Message>> {
    let mut head = reader.by_ref().take(HEAD_BYTES);
    let first_line = line(&mut head)?;
    if first_line.is_empty() {
        return Ok(None);
    }
    let mut message = Message {
        first_line: String::from_utf8_lossy(&first_line).into_owned(),
        ..Message::default()
    };
    loop {
        let header = line(&mut head)?;
        if header.is_empty() {
            break;
        }
        let Some(colon) = header.iter().position(|&byte| byte == b':') else {
            return Err(ErrorKind::InvalidData.into());
        };
        let name = String::from_utf8_lossy(&header[..colon]).into_owned();
        let value = header[colon + 1..].trim_ascii().to_vec();
        message.headers.push((name, value));
    }
    message.body = body(reader, &message.headers, without_length)?;
    Ok(Some(message))
}

fn line(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(line.trim_ascii_end().to_vec())
}

fn body(
    reader: &mut impl BufRead,
    headers: &[(String, Vec<u8>)],
    without_length: WithoutLength,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_some() {
        loop {
            let size = number(&line(reader)?, 16)?;
            reader.by_ref().take(size).read_to_end(&mut body)?;
            line(reader)?;
            if size == 0 {
                return Ok(body);
            }
            if body.len() as u64 > BODY_BYTES {
                return Err(ErrorKind::InvalidData.into());
            }
        }
    }
    let length = match header(headers, "content-length") {
        Some(length) => number(length, 10)?,
        None if without_length == WithoutLength::Empty => 0,
        None => BODY_BYTES,
    };
    reader.take(length).read_to_end(&mut body)?;
    Ok(body)
}

fn number(text: &[u8], radix: u32) -> io::Result<u64> {
    std::str::from_utf8(text)
        .ok()
        .and_then(|text| u64::from_str_radix(text, radix).ok())
        .filter(|number| *number <= BODY_BYTES)
        .ok_or_else(|| ErrorKind::InvalidData.into())
}
