//! The command line: what can be said, and the help texts. Scripts rely on it.

mod news;
mod product;
mod webhook;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::ServeOptions;
pub(crate) use news::{
    Advisory, AdvisoryAdd, AdvisoryList, AdvisoryRemove, ProductInterval, ProductLatest, Severity,
};
pub(crate) use product::{
    Mode, Names, Product, ProductAllowlist, ProductDescribe, ProductHosts, ProductList,
    ProductNames, Sensitivity,
};
pub(crate) use webhook::{Event, Webhook, WebhookAdd, WebhookNamed};

/// Usage reporting for software that runs on other people's machines.
#[derive(Debug, Parser)]
#[command(
    name = "usage-server",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Without a command it serves: `usage-server` is `usage-server serve`."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeOptions,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Takes reports in and shows them (also the default)
    Serve(ServeOptions),
    /// Issues and revokes the tokens that products report with
    #[command(subcommand)]
    Token(Token),
    /// Erases what was reported about a cluster or a server, for good
    Forget(Forget),
    /// Makes the read model anew from the journal
    Rebuild(DataDir),
    /// Manages the people who may see the dashboard
    #[command(subcommand)]
    Operator(Operator),
    /// Issues and revokes the keys by which programs ask and export in an operator's name
    #[command(subcommand)]
    ApiKey(ApiKey),
    /// Manages who is told of what happens here
    #[command(subcommand)]
    Webhook(Webhook),
    /// Manages the accounts of people
    #[command(subcommand)]
    Account(Account),
    /// Manages what operators decide about products
    #[command(subcommand)]
    Product(Product),
    /// Writes out what was reported
    #[command(subcommand)]
    Export(Export),
    /// Takes reports in from files: of machines without a network, or exports of other servers
    Import(Import),
    /// Copies all data into a folder, beside a running server
    Backup(Backup),
    /// Puts a backup back; the server must be stopped
    Restore(Restore),
    /// Asks a running server whether it takes reports, for health checks
    Ready(Ready),
    /// Fills a fresh data folder with a believable fleet, and serves it
    Demo(Demo),
}

/// Where the data is.
#[derive(Debug, Args)]
pub(crate) struct DataDir {
    /// The data folder
    #[arg(
        long,
        env = "USAGE_DATA_DIR",
        value_name = "DIR",
        default_value = "usage-data"
    )]
    pub(crate) data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Prints a new token, valid at once, also on a running server
    Issue(TokenIssue),
    /// Makes a token invalid at once, also on a running server
    Revoke(TokenRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct TokenIssue {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The organization its reports will count for; made if new
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "organization_id",
        conflicts_with = "organization_id"
    )]
    pub(crate) organization: Option<String>,
    /// The same by its id, as in its page's address: for one that registered itself
    #[arg(long, value_name = "ID")]
    pub(crate) organization_id: Option<i64>,
    /// Binds the token to one product
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<String>,
    /// Binds the token to one cluster
    #[arg(long, value_name = "CLUSTER_ID")]
    pub(crate) cluster: Option<String>,
    /// Gives it the right to have what its organization reported erased
    #[arg(long)]
    pub(crate) may_forget: bool,
    /// Takes over a token that exists elsewhere, read from standard input, instead of drawing one
    #[arg(long)]
    pub(crate) token_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevoke {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The whole token, or its beginning if only one token begins like that
    #[arg(value_name = "TOKEN_OR_PREFIX")]
    pub(crate) token: String,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The product whose reports are meant
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: String,
    /// The cluster they are about
    #[arg(long, value_name = "CLUSTER_ID")]
    pub(crate) cluster: String,
    /// Only this server of the cluster
    #[arg(long, value_name = "SERVER_ID")]
    pub(crate) server: Option<String>,
    /// Only what was reported under this organization
    #[arg(long, value_name = "NAME", conflicts_with_all = ["anonymous", "organization_id"])]
    pub(crate) organization: Option<String>,
    /// The same by its id, as in its page's address: for one that registered itself
    #[arg(long, value_name = "ID", conflicts_with = "anonymous")]
    pub(crate) organization_id: Option<i64>,
    /// Only what was reported under no organization
    #[arg(long)]
    pub(crate) anonymous: bool,
    /// Doesn't ask back; needed where nobody can answer
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Operator {
    /// Adds an operator; the password comes from standard input, or is drawn and printed
    Add(OperatorAdd),
}

#[derive(Debug, Args)]
pub(crate) struct OperatorAdd {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKey {
    /// Prints a new key, valid at once, also on a running server
    Issue(ApiKeyIssue),
    /// Lists the keys, those that were revoked last
    List(DataDir),
    /// Makes a key invalid at once, also on a running server
    Revoke(ApiKeyRevoke),
}

#[derive(Debug, Args)]
pub(crate) struct ApiKeyIssue {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// What it is for, so that it is recognized in the list
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What it may be used for; may be given several times
    #[arg(long, value_enum, value_name = "SCOPE", required = true)]
    pub(crate) scope: Vec<Scope>,
    /// Its last day, in UTC; without it the key is valid until it is revoked
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) expires: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ApiKeyRevoke {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The whole key, or its beginning if only one key begins like that
    #[arg(value_name = "KEY_OR_PREFIX")]
    pub(crate) key: String,
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scope {
    /// Questions: counts, shares, histories
    Read,
    /// The reports themselves
    Export,
    /// Everything; implies the others
    Admin,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Prints a link with which somebody chooses a new password; it works once, within an hour
    Reset(AccountReset),
}

#[derive(Debug, Args)]
pub(crate) struct AccountReset {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) email: String,
    /// How the world reaches the server, as it is set there
    #[arg(
        long,
        env = "USAGE_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8087"
    )]
    pub(crate) public_url: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// Every accepted report, in order of acceptance
    Reports(ExportReports),
}

#[derive(Debug, Args)]
pub(crate) struct ExportReports {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Only this product's
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) product: Option<String>,
    /// Only what counts for this organization
    #[arg(long, value_name = "NAME", conflicts_with = "organization_id")]
    pub(crate) organization: Option<String>,
    /// The same by its id, as in its page's address: for one that registered itself
    #[arg(long, value_name = "ID")]
    pub(crate) organization_id: Option<i64>,
    /// Only what counts from this day or time on, in UTC
    #[arg(long, value_name = "DAY|TIME")]
    pub(crate) from: Option<String>,
    /// Only what counts up to the end of this day, or before this time
    #[arg(long, value_name = "DAY|TIME")]
    pub(crate) to: Option<String>,
    /// Only this kind
    #[arg(long, value_enum)]
    pub(crate) kind: Option<Kind>,
    /// How they are written
    #[arg(long, value_enum, default_value = "jsonl")]
    pub(crate) format: Format,
    /// The file to write, for Parquet the folder; standard output without it
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Goes on with what was cut short: a file where it was, a folder without the days that are there
    #[arg(long)]
    pub(crate) resume: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Files of JSON lines, as `usage-client` and `usage-server export reports` write them
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The organization all of it counts for; made if new
    #[arg(long, value_name = "NAME", conflicts_with_all = ["keep_organizations", "organization_id"])]
    pub(crate) organization: Option<String>,
    /// The same by its id, as in its page's address: for one that registered itself
    #[arg(long, value_name = "ID", conflicts_with = "keep_organizations")]
    pub(crate) organization_id: Option<i64>,
    /// Believes the organizations that the files name; without it such lines are refused
    #[arg(long)]
    pub(crate) keep_organizations: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ready {
    /// The address it listens on
    #[arg(
        long,
        env = "USAGE_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8087"
    )]
    pub(crate) listen: String,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The folder to make, or one that is there, in which the backup gets a name with the time
    #[arg(value_name = "FOLDER")]
    pub(crate) target: PathBuf,
    /// In a folder: keeps this many of its backups, and removes older ones
    #[arg(long, value_name = "BACKUPS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: Option<u32>,
    /// Replaces a backup of that name
    #[arg(long)]
    pub(crate) force: bool,
    /// Compares all of the journal to its checksums, not just samples
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// The backup, a folder
    #[arg(value_name = "FOLDER")]
    pub(crate) backup: PathBuf,
    /// Moves data that is there already aside
    #[arg(long)]
    pub(crate) force: bool,
    /// Compares all of the journal to its checksums, not just samples
    #[arg(long)]
    pub(crate) verify: bool,
}

/// The three reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Check-ins at a start
    Servers,
    /// Product stats
    Stats,
    /// Usage
    Usage,
}

/// Formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A JSON object a report, as `import` reads them
    Jsonl,
    /// A row an observation, for spreadsheets; texts that would be formulas begin with '
    Csv,
    /// A folder with a file for each product and day
    Parquet,
    /// A point an observation, for InfluxDB
    LineProtocol,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// How many servers the fleet has grown to
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) servers: u32,
    /// Over how many days
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub(crate) days: u32,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}

/// What the command line asks for; or, where it asks for help or makes no sense, the exit code
/// after saying so.
pub(crate) fn parse() -> Result<Command, ExitCode> {
    parse_from(std::env::args_os()).map_err(|stopped| {
        if matches!(
            stopped.kind(),
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
        ) {
            let _ = stopped.print();
            return ExitCode::SUCCESS;
        }
        let _ = writeln!(std::io::stderr(), "usage-server: {}", one_line(&stopped));
        ExitCode::from(2)
    })
}

fn parse_from(args: impl IntoIterator<Item = OsString>) -> Result<Command, clap::Error> {
    let cli = Cli::try_parse_from(args)?;
    Ok(cli.command.unwrap_or(Command::Serve(cli.serve)))
}

/// clap's message without its usage block: what is wrong, and where to read more.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let said = text.split("\n\nUsage:").next().unwrap_or(&text);
    let said = said
        .split("\n\nFor more information")
        .next()
        .unwrap_or(said);
    let words: Vec<&str> = said
        .split_whitespace()
        .skip_while(|word| *word == "error:")
        .collect();
    format!("{}; see `usage-server --help`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, clap::Error> {
        parse_from(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        assert!(matches!(parsed("usage-server"), Ok(Command::Serve(_))));
        let Ok(Command::Serve(options)) = parsed("usage-server --listen 127.0.0.1:0") else {
            panic!("flags alone serve too");
        };
        assert_eq!(options.listen.as_deref(), Some("127.0.0.1:0"));
    }

    #[test]
    fn a_mistake_is_told_in_one_line() {
        let mistake = parsed("usage-server export reports --kind nonsense").unwrap_err();
        let line = one_line(&mistake);
        assert!(
            line.starts_with("invalid value 'nonsense' for '--kind <KIND>'"),
            "{line}"
        );
        assert!(line.ends_with("see `usage-server --help`"), "{line}");
        assert!(!line.contains('\n'), "{line}");
    }
}
