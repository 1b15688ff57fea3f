//! What can be said on the command line. The comments are its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Reports usage of self-hosted software to a Usage API.
///
/// Nothing is sent where DO_NOT_TRACK is set. Colours only on a terminal.
#[derive(Parser)]
#[command(name = "usage-client", version)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Args)]
pub(crate) struct Common {
    /// The server, such as https://usage.example.com
    #[arg(long, global = true, env = "USAGE_URL")]
    pub(crate) url: Option<String>,
    /// The file that keeps the token; if not given, the variable USAGE_TOKEN
    /// holds it, or else the file `token` in the state folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The folder of this installation: ids, consent, reports that wait
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) state_folder: Option<PathBuf>,
    /// How long it may take
    #[arg(long, global = true, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Say it in JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Send a report now, and wait for the answer
    Send {
        #[command(subcommand)]
        report: ReportArguments,
    },
    /// Show what `send` would send; sends nothing
    Preview {
        #[command(subcommand)]
        report: ReportArguments,
    },
    /// Report until stopped, for products that can't: values are a command's output, or a file
    Report(Daemon),
    /// Get a token with a person's help, and keep it
    Register(Register),
    /// Say, or show, whether this installation may report
    Consent {
        /// The answer, or `show`
        answer: Answer,
        #[command(flatten)]
        install: Install,
    },
    /// Show how reporting goes
    Status(Install),
    /// Send the reports that wait
    Flush(Flush),
    /// Have everything erased that this installation reported, and report no more
    Forget(Install),
    /// Completions for a shell, on standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, on standard output
    Man,
}

#[derive(Subcommand)]
pub(crate) enum ReportArguments {
    /// A check-in: this server is there
    Server {
        #[command(flatten)]
        ids: Ids,
        /// The host's name
        #[arg(long)]
        host: String,
        /// The product's version
        #[arg(long)]
        version: String,
    },
    /// What was measured: points from flags, or from standard input as JSON or line protocol
    Stats {
        #[command(flatten)]
        ids: Ids,
        /// The point's name; without one, points are read from standard input
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        data: Data,
    },
    /// How much is used: from flags, or from standard input as JSON or line protocol
    Usage {
        #[command(flatten)]
        ids: Ids,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Args)]
pub(crate) struct Ids {
    /// The product
    #[arg(long)]
    pub(crate) product: String,
    /// The cluster
    #[arg(long)]
    pub(crate) cluster_id: String,
    /// The server within its cluster
    #[arg(long)]
    pub(crate) server_id: String,
}

#[derive(Args)]
pub(crate) struct Data {
    /// A tag
    #[arg(long = "tag", value_name = "KEY=TEXT", value_parser = pair)]
    pub(crate) tags: Vec<(String, String)>,
    /// A value: a number, true, false or null as JSON has them, or else text
    #[arg(long = "value", value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) values: Vec<(String, String)>,
}

#[derive(Args)]
pub(crate) struct Register {
    /// The product
    #[arg(long)]
    pub(crate) product: String,
    /// The cluster
    #[arg(long)]
    pub(crate) cluster_id: String,
    /// In a browser on this machine, or with a code for a browser anywhere; picked if not given
    #[arg(long)]
    pub(crate) way: Option<Way>,
    /// How long to wait for the person
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = seconds)]
    pub(crate) within: Duration,
}

#[derive(Args)]
pub(crate) struct Install {
    /// The product
    #[arg(long)]
    pub(crate) product: String,
    /// Which version of what is reported the answer is for
    #[arg(long, default_value_t = 1)]
    pub(crate) consent_version: u32,
}

#[derive(Args)]
pub(crate) struct Flush {
    #[command(flatten)]
    pub(crate) install: Install,
    /// The product's version, for a check-in that is due
    #[arg(long)]
    pub(crate) version: String,
    /// Send without a token, as long as there is none
    #[arg(long)]
    pub(crate) anonymous: bool,
}

#[derive(Args)]
pub(crate) struct Daemon {
    #[command(flatten)]
    pub(crate) install: Install,
    /// The product's version
    #[arg(long)]
    pub(crate) product_version: String,
    /// The cluster; drawn and kept in the state folder if not given
    #[arg(long)]
    pub(crate) cluster_id: Option<String>,
    /// The server within its cluster; drawn and kept in the state folder if not given
    #[arg(long)]
    pub(crate) server_id: Option<String>,
    /// The host's name in check-ins
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Send without a token, as long as there is none
    #[arg(long)]
    pub(crate) anonymous: bool,
    /// How often; if not given, as often as the server asks, or every 12 hours
    #[arg(long, value_name = "SECONDS", value_parser = interval, conflicts_with = "once")]
    pub(crate) every: Option<Duration>,
    /// Report once and end, as cron likes it; fails if the report is not accepted
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// Values are a JSON object, or lines: key=value or line protocol. What fails is reported without values.
#[derive(Args, Clone)]
pub(crate) struct Source {
    /// How long the command may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) command_timeout: Duration,
    /// A file with the values: a JSON object, or lines of key=value or line protocol
    #[arg(long, value_name = "PATH", required_unless_present = "command")]
    pub(crate) file: Option<PathBuf>,
    /// A command that writes them to its standard output; all that follows is its arguments
    #[arg(long, value_name = "COMMAND", num_args = 1.., allow_hyphen_values = true, conflicts_with = "file")]
    pub(crate) command: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Answer {
    On,
    Off,
    Show,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    Browser,
    Code,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u64 = text.parse().map_err(|_| "not a number of seconds")?;
    Ok(Duration::from_secs(seconds))
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = seconds(text)?;
    let some = (!interval.is_zero()).then_some(interval);
    some.ok_or_else(|| "at least 1".into())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("not of the form KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }
}
