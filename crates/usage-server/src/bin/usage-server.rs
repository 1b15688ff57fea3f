//! The binary `usage-server`. All of it lives in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    usage_server::main()
}
