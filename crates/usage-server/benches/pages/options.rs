//! What the command line of the bench says.

use crate::fleet::SERVERS;

/// How much is measured.
pub(crate) struct Options {
    /// Servers that are there at some time.
    pub(crate) servers: u32,
    /// How often a page is asked again.
    pub(crate) times: usize,
    /// Make the data again.
    pub(crate) anew: bool,
    /// Only pages whose address has this in it.
    only: Option<String>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options {
            servers: SERVERS,
            times: 100,
            anew: false,
            only: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value after it");
            match argument.as_str() {
                "--servers" => options.servers = value().parse().expect("a whole number"),
                "--times" => options.times = value().parse().expect("a whole number"),
                "--only" => options.only = Some(value()),
                "--anew" => options.anew = true,
                // Cargo says it to every bench.
                "--bench" => {}
                other => {
                    eprintln!("{other} is not understood; see the head of benches/pages/main.rs");
                    std::process::exit(2);
                }
            }
        }
        options
    }

    /// Whether a page is to be measured.
    pub(crate) fn wants(&self, address: &str) -> bool {
        self.only
            .as_deref()
            .is_none_or(|part| address.contains(part))
    }
}
