//! What is printed: the README's table, the slowest page first.

use std::time::Duration;

use crate::looking::Look;

/// A page is to be there within this time, asked again.
const LIMIT: Duration = Duration::from_millis(50);

/// It is to have no more bytes than this, compressed.
const LIMIT_BYTES: usize = 100 * 1000;

/// The table, and which pages are beyond a limit.
pub(crate) fn print(mut looks: Vec<Look>) {
    looks.sort_by_key(|look| std::cmp::Reverse(look.p50.max(look.moving)));
    println!(
        "\n| page | cold, ms | asked ahead, ms | warm, ms | p99, ms | while reports come, ms | of 50 ms | KB | plain, KB | of 100 KB |"
    );
    println!("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |");
    for look in &looks {
        println!(
            "| `{}` | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.1} | {:.1} | {:.2} |",
            look.address,
            millis(look.cold),
            millis(look.ahead),
            millis(look.p50),
            millis(look.p99),
            millis(look.moving),
            millis(look.p50.max(look.moving)) / millis(LIMIT),
            kilobytes(look.compressed),
            kilobytes(look.plain),
            look.compressed as f64 / LIMIT_BYTES as f64,
        );
    }
    let count = |beyond: fn(&Look) -> bool| looks.iter().filter(|look| beyond(look)).count();
    println!(
        "\nof {} pages over 50 ms: {} warm, {} at p99, {} while reports come, {} asked ahead, {} cold; over 100 KB: {}",
        looks.len(),
        count(|look| look.p50 > LIMIT),
        count(|look| look.p99 > LIMIT),
        count(|look| look.moving > LIMIT),
        count(|look| look.ahead > LIMIT),
        count(|look| look.cold > LIMIT),
        count(|look| look.compressed > LIMIT_BYTES),
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1_000.0
}
