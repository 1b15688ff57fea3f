//! A product with a reporter: `cargo run --example reporter -- http://127.0.0.1:8086 state-folder`. It
//! shows what it would send, sends it, and says how that went.

// An example may talk.
#![allow(clippy::print_stdout)]

use std::time::Duration;

use usage_client::{Facts, Reporter, Usage, UsageData, values};

fn main() -> Result<(), usage_client::Error> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:8086".into());
    let folder = arguments.next().unwrap_or_else(|| "usage-state".into());

    let reporter = Reporter::builder("jambox", "1.0")
        .url(url)
        .state_folder(folder)
        .anonymous(true)
        .opt_out_variable("JAMBOX_NO_USAGE")
        .facts(Facts::OS | Facts::ARCH | Facts::CPUS)
        .usage(|| values! { "num_databases" => 3 })
        .on_registration_needed(|needed| println!("register this install: {}", needed.url))
        .start()?;

    for request in reporter.preview()? {
        println!("POST {}", request.target());
        println!("  {}", String::from_utf8_lossy(request.body()));
    }
    // Usage is posted every 12 hours; whoever can't wait posts some now.
    let status = reporter.status();
    reporter.save(&Usage::new("jambox").with(UsageData::from(values! {
        "cluster_id" => status.cluster_id,
        "server_id" => status.server_id,
        "num_databases" => 3,
    })))?;
    println!(
        "{} reports still wait",
        reporter.flush(Duration::from_secs(10))?
    );
    println!("{:#?}", reporter.status());
    if let Some(version) = reporter.latest_version() {
        println!("jambox {version} is out");
    }
    for advisory in reporter.advisories() {
        println!("{advisory}");
    }
    reporter.shutdown(Duration::from_secs(2));
    Ok(())
}
