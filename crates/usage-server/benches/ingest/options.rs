//! What to measure: the bench's arguments.

use std::io;
use std::time::Duration;

/// What to measure.
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) lasting: Duration,
    pub(crate) connections: Vec<u64>,
    /// Leave out the peers.
    pub(crate) ours_only: bool,
    /// Our server a second time, with so many reports already stored.
    pub(crate) grown: Option<u64>,
    /// At the end, so long at 64 connections.
    pub(crate) soak: Option<Duration>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> io::Result<Options> {
        let mut options = Options {
            rounds: 5,
            lasting: Duration::from_secs(2),
            connections: vec![1, 8, 64, 256, 1024],
            ours_only: false,
            grown: None,
            soak: None,
        };
        let mut rest = arguments.iter();
        while let Some(name) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| wrong(name));
            match name.as_str() {
                // What cargo adds.
                "--bench" => {}
                "--ours-only" => options.ours_only = true,
                "--rounds" => options.rounds = number(value()?)? as usize,
                "--seconds" => options.lasting = Duration::from_secs(number(value()?)?),
                "--grown" => options.grown = Some(number(value()?)?),
                "--soak" => options.soak = Some(Duration::from_secs(number(value()?)?)),
                "--connections" => {
                    options.connections =
                        value()?.split(',').map(number).collect::<Result<_, _>>()?;
                }
                _ => return Err(wrong(name)),
            }
        }
        Ok(options)
    }
}

fn number(text: &str) -> io::Result<u64> {
    text.parse().map_err(|_| wrong(text))
}

fn wrong(argument: &str) -> io::Error {
    let known =
        "--rounds N, --seconds N, --connections N,N, --ours-only, --grown REPORTS, --soak SECONDS";
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{argument}: not understood; there are {known}"),
    )
}
