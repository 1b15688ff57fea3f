//! What a server asked of the system, read from strace's log: bytes into files, syncs, bytes from
//! and to sockets, each with the moments at which it began and was done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A moment: a line of the log.
pub(super) type Moment = usize;

/// A call on a file or a socket.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) begin: Moment,
    pub(super) end: Moment,
    /// A file's path; of a socket `socket:[123]`, and which server it was.
    pub(super) on: PathBuf,
    /// By which descriptor; `None` for calls by name.
    pub(super) by: Option<u32>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// An entry of this name is in the folder.
    Created,
    /// It is gone.
    Removed,
    Written {
        at: u64,
        bytes: Vec<u8>,
    },
    Cut {
        length: u64,
    },
    Synced,
    /// The kernel took what was written for clean, and never writes it again.
    SyncFailed,
    Received(Vec<u8>),
    Sent(Vec<u8>),
}

/// All calls on files in `folder` and on sockets that came to an end, in the order in which they
/// ended. `from` is the first moment: logs of servers one after the other make one story.
pub(super) fn read(log: &str, folder: &Path, from: Moment) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (Moment, String)> = HashMap::new();
    let mut places: HashMap<PathBuf, u64> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in log.lines().enumerate() {
        let now = from + at;
        let (thread, rest) = line.split_once(' ').unwrap();
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, (now, begun.to_owned()));
            continue;
        }
        let (begin, text) = match rest.strip_prefix("<... ") {
            None => (now, rest.to_owned()),
            Some(resumed) => {
                let (_, after) = resumed.split_once(" resumed>").unwrap();
                let (begin, begun) = unfinished.remove(thread).unwrap();
                (begin, begun + after)
            }
        };
        // Signals, ends of threads.
        if text.starts_with(['-', '+']) {
            continue;
        }
        if let Some((on, what)) = call(&text, folder, &mut places) {
            let number = text
                .split_once('(')
                .and_then(|(_, args)| args.split_once('<'));
            calls.push(Call {
                begin,
                end: now,
                on,
                by: number.and_then(|(number, _)| number.parse().ok()),
                what,
            });
        }
    }
    calls
}

/// `None` for what is not about the folder or a socket, and for what failed, but for syncs.
fn call(text: &str, folder: &Path, places: &mut HashMap<PathBuf, u64>) -> Option<(PathBuf, What)> {
    let (name, rest) = text.split_once('(')?;
    let (args, result) = rest.rsplit_once(" = ")?;
    let result = result.split([' ', '<']).next()?;
    // Neither done nor failed: it was killed in it.
    if result == "?" {
        return None;
    }
    let result: Option<u64> = result.parse().ok();
    let args = args.trim_end().strip_suffix(')')?;
    let is_sync = matches!(name, "fsync" | "fdatasync");
    if result.is_none() && !is_sync {
        return None;
    }
    let done = result.unwrap_or(0);
    let mut strings = strings(args);
    if matches!(name, "openat" | "unlink" | "unlinkat") {
        let path = PathBuf::from(String::from_utf8(strings.remove(0)).unwrap());
        let what = match name {
            "openat" if !args.contains("O_CREAT") => return None,
            "openat" => What::Created,
            _ => What::Removed,
        };
        return path.starts_with(folder).then_some((path, what));
    }
    let on = PathBuf::from(descriptor(args)?);
    let socket = on.to_string_lossy().starts_with("socket:");
    if !socket && !on.starts_with(folder) {
        return None;
    }
    let number = |from_the_end: usize| -> u64 {
        let field = args.rsplit(", ").nth(from_the_end).unwrap();
        field.parse().unwrap_or_else(|_| panic!("{name} {field}"))
    };
    let bytes = || -> Vec<u8> {
        let mut bytes = strings.concat();
        bytes.truncate(done as usize);
        bytes
    };
    let what = match name {
        "recvfrom" if socket => What::Received(bytes()),
        "write" | "writev" | "sendto" | "sendmsg" if socket => What::Sent(bytes()),
        "pwrite64" => What::Written {
            at: number(0),
            bytes: bytes(),
        },
        "lseek" => {
            places.insert(on, done);
            return None;
        }
        "write" => {
            let place = places.get_mut(&on).expect("written after a seek");
            *place += done;
            What::Written {
                at: *place - done,
                bytes: bytes(),
            }
        }
        "ftruncate" => What::Cut { length: number(0) },
        _ if is_sync && result.is_none() => What::SyncFailed,
        _ if is_sync => What::Synced,
        _ => panic!("this can't be replayed: {name} on {}", on.display()),
    };
    Some((on, what))
}

/// The path or name of the first argument, a descriptor.
fn descriptor(args: &str) -> Option<String> {
    let (_, rest) = args.split_once('<')?;
    let (name, _) = rest.split_once('>')?;
    String::from_utf8(unescape(name)).ok()
}

/// All quoted strings.
fn strings(args: &str) -> Vec<Vec<u8>> {
    args.split('"').skip(1).step_by(2).map(unescape).collect()
}

/// `\x41\x42` is AB; all else stands for itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match after {
            [b'x', high, low, tail @ ..] if *first == b'\\' => {
                let digit = |d: &u8| char::from(*d).to_digit(16).unwrap() as u8;
                out.push(digit(high) << 4 | digit(low));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// A reply that says that a report is stored.
#[derive(Debug)]
pub(super) struct Acknowledged {
    /// The report's number.
    pub(super) n: u64,
    /// The last of it was read.
    pub(super) read: Moment,
    /// The reply began to leave.
    pub(super) answered: Moment,
}

/// All replies of 2xx, with the numbers of their reports. On each connection a request is answered
/// before the next comes.
pub(super) fn acknowledged(calls: &[Call]) -> Vec<Acknowledged> {
    let mut asked: HashMap<&Path, (Moment, Vec<u8>)> = HashMap::new();
    let mut acknowledged = Vec::new();
    for call in calls {
        match &call.what {
            What::Received(bytes) => {
                let (read, text) = asked.entry(&call.on).or_default();
                *read = call.end;
                text.extend(bytes);
            }
            What::Sent(bytes) => {
                let (read, text) = asked.remove(&*call.on).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                if bytes.starts_with(b"HTTP/1.1 2")
                    && let Some(n) = number_of(&text)
                {
                    acknowledged.push(Acknowledged {
                        n,
                        read,
                        answered: call.begin,
                    });
                }
            }
            _ => {}
        }
    }
    acknowledged
}

/// The number of the report in a request, by what its body says.
fn number_of(request: &str) -> Option<u64> {
    let (_, rest) = request
        .split_once(r#""n":"#)
        .or_else(|| request.split_once(r#""host":"h"#))?;
    rest.split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
