//! The figures as a table: medians of all rounds, with the spread of what is compared.

use crate::rounds::{Round, Row};

/// Prints all rows, the limit first.
pub(crate) fn print(connections: &[u64], rows: &[Row]) {
    for (at, connections) in connections.iter().enumerate() {
        println!("\n{connections} connections\n");
        println!(
            "| server | requests/s | of the limit | p50 ms | p99 ms | p99.9 ms | CPU µs | with all that follows | refused |"
        );
        println!("| --- | --: | --: | --: | --: | --: | --: | --: | --: |");
        for row in rows {
            print_row(row, at, &rows[0]);
        }
    }
    println!("\n| server | bytes on disk a report | peak memory |\n| --- | --: | --: |");
    for row in rows {
        let bytes = row.disk_bytes as f64 / row.reports as f64;
        println!("| {} | {bytes:.0} | {:.0} MiB |", row.name, row.peak_mib);
    }
}

fn print_row(row: &Row, at: usize, limit: &Row) {
    let rounds = &row.rounds[at];
    let mid = |of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
    let mut ratios: Vec<f64> = rounds
        .iter()
        .zip(&limit.rounds[at])
        .map(|(ours, limit)| ours.per_second / limit.per_second)
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "| {} | {:.0} | {:.2} ({:.2} to {:.2}) | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} | {} |",
        row.name,
        mid(|round| round.per_second),
        median(ratios.clone()),
        ratios.first().unwrap_or(&f64::NAN),
        ratios.last().unwrap_or(&f64::NAN),
        mid(|round| round.p50),
        mid(|round| round.p99),
        mid(|round| round.p999),
        mid(|round| round.cpu_micros),
        mid(|round| round.cpu_micros_settled),
        rounds.iter().map(|round| round.refused).sum::<u64>(),
    );
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    match figures.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => figures[n / 2],
        n => (figures[n / 2 - 1] + figures[n / 2]) / 2.0,
    }
}
