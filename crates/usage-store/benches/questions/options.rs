//! What the command line of the bench says.

use crate::fleet::SERVERS;

/// How much is measured.
pub(crate) struct Options {
    /// Servers that are there at some time.
    pub(crate) servers: u32,
    /// No peers.
    pub(crate) ours_only: bool,
    /// Make the data again.
    pub(crate) anew: bool,
    /// Make the read model again, and say how long that takes.
    pub(crate) rebuild: bool,
    /// Each question once more after a step of the read model.
    pub(crate) steps: bool,
    /// Only questions whose name has this in it.
    pub(crate) only: Option<String>,
}

impl Options {
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Options {
        let mut options = Options {
            servers: SERVERS,
            ours_only: false,
            anew: false,
            rebuild: false,
            steps: false,
            only: None,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect("a value after it");
            match argument.as_str() {
                "--servers" => options.servers = value().parse().expect("a whole number"),
                "--only" => options.only = Some(value()),
                "--rebuild" => options.rebuild = true,
                "--steps" => options.steps = true,
                "--ours-only" => options.ours_only = true,
                "--anew" => options.anew = true,
                // Cargo says it to every bench.
                "--bench" => {}
                other => {
                    eprintln!(
                        "{other} is not understood; see the head of benches/questions/main.rs"
                    );
                    std::process::exit(2);
                }
            }
        }
        options
    }

    /// Whether a question is to be asked.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|part| name.contains(part))
    }
}
