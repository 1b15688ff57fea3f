//! The generator: so many connections, each sending its next request when it has read the
//! answer to the last one. One thread, so that the server under load has the other core.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::request::Template;

/// What one round measured.
#[derive(Default)]
pub(crate) struct Measured {
    /// From the first byte of a request to the last of its answer, ascending.
    pub(crate) nanos: Vec<u32>,
    /// Answers that were not 2xx.
    pub(crate) refused: u64,
    /// How long it took.
    pub(crate) seconds: f64,
}

impl Measured {
    /// Answered well, a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.nanos.len() as f64 / self.seconds
    }

    /// The latency that this share of the requests did not exceed, in milliseconds.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let last = self.nanos.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.nanos
            .get(at)
            .map_or(f64::NAN, |nanos| f64::from(*nanos) / 1e6)
    }
}

/// Sends requests for `lasting`; numbers them from `first` on.
pub(crate) fn run(
    address: SocketAddr,
    template: &Template,
    connections: u64,
    first: u64,
    lasting: Duration,
) -> io::Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let measured = Rc::new(RefCell::new(Measured::default()));
    let began = Instant::now();
    LocalSet::new().block_on(&runtime, async {
        let mut tasks = Vec::new();
        for connection in 0..connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let template = template.clone();
            let measured = Rc::clone(&measured);
            tasks.push(tokio::task::spawn_local(async move {
                let numbers = (first + connection..).step_by(connections as usize);
                converse(stream, template, numbers, began + lasting, &measured).await
            }));
        }
        for task in tasks {
            task.await.map_err(io::Error::other)??;
        }
        Ok::<_, io::Error>(())
    })?;
    let mut measured = measured.take();
    measured.seconds = began.elapsed().as_secs_f64();
    measured.nanos.sort_unstable();
    Ok(measured)
}

async fn converse(
    mut stream: TcpStream,
    mut template: Template,
    numbers: impl Iterator<Item = u64>,
    until: Instant,
    measured: &RefCell<Measured>,
) -> io::Result<()> {
    let mut answer = Vec::with_capacity(1024);
    for n in numbers {
        let began = Instant::now();
        if began >= until {
            break;
        }
        stream.write_all(template.nth(n)).await?;
        let status = read(&mut stream, &mut answer).await?;
        let nanos = u32::try_from(began.elapsed().as_nanos()).unwrap_or(u32::MAX);
        let mut measured = measured.borrow_mut();
        match status {
            b'2' => measured.nanos.push(nanos),
            _ => measured.refused += 1,
        }
    }
    Ok(())
}

/// Reads one answer; the first digit of its status.
async fn read(stream: &mut TcpStream, answer: &mut Vec<u8>) -> io::Result<u8> {
    answer.clear();
    loop {
        if stream.read_buf(answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") {
            let body = content_length(&answer[..head]);
            if answer.len() >= head + 4 + body {
                return Ok(answer[b"HTTP/1.1 ".len()]);
            }
        }
    }
}

/// Zero where there is none: all servers here either say it or send no body.
fn content_length(head: &[u8]) -> usize {
    let lines = head.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| line.split_at_checked(b"content-length:".len()))
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"))
        .find_map(|(_, value)| std::str::from_utf8(value).ok()?.trim().parse().ok())
        .unwrap_or(0)
}
