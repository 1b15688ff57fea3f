//! What embedding costs: recording on the caller's thread (goal: 100 ns), queueing a report, building a request,
//! reading a reply.
//! `cargo bench -p usage-client --features metrics`

#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use usage_client::core::{self, BaseUrl, Environment, RawReply, Token};
use usage_client::{Error, MetricsRecorder, Reporter, Usage, UsageData, Values, tags, values};

fn recording(criterion: &mut Criterion) {
    let recorder = MetricsRecorder::new();
    metrics::with_local_recorder(&recorder, || {
        // As in a program that has some.
        for at in 0..200 {
            metrics::counter!("other", "at" => at.to_string()).increment(1);
        }
        let mut group = criterion.benchmark_group("record");
        group.bench_function("counter!", |bencher| {
            bencher.iter(|| metrics::counter!("queries").increment(black_box(1)));
        });
        group.bench_function("counter! with a label", |bencher| {
            bencher.iter(|| metrics::counter!("queries", "kind" => "select").increment(1));
        });
        group.bench_function("gauge!", |bencher| {
            bencher.iter(|| metrics::gauge!("databases").set(black_box(3.0)));
        });
        group.bench_function("histogram!", |bencher| {
            bencher.iter(|| metrics::histogram!("seconds").record(black_box(0.25)));
        });
        let counter = metrics::counter!("kept");
        group.bench_function("a counter that was kept", |bencher| {
            bencher.iter(|| counter.increment(black_box(1)));
        });
        group.finish();
    });
    criterion.bench_function("snapshot of 205 series", |bencher| {
        bencher.iter(|| recorder.snapshot());
    });
}

fn usage() -> Usage {
    Usage::new("influxdb").with(
        UsageData::new()
            .tags(tags! { "version" => "1.6.7", "arch" => "amd64", "os" => "linux" })
            .values(values! {
                "cluster_id" => "1234567890123456789",
                "server_id" => "9876543210987654321",
                "num_databases" => 3,
                "num_measurements" => 2311,
                "num_series" => 87_232,
                "uptime" => 86400.25,
            }),
    )
}

/// Asks for consent, encodes and hands over; the thread keeps up, as there is room for 256.
fn queueing(criterion: &mut Criterion) {
    let reporter = Reporter::builder("influxdb", "1.6.7")
        .url("https://usage.example.com")
        .environment(Environment::default())
        .offline(true)
        .start()
        .ok();
    let usage = usage();
    criterion.bench_function("Reporter::save", |bencher| {
        bencher.iter(|| {
            let saved = reporter.as_ref().map(|reporter| reporter.save(&usage));
            // A full queue is waited out by turning back to it.
            if matches!(saved, Some(Err(Error::QueueFull))) {
                std::thread::yield_now();
            }
        });
    });
}

fn requests_and_replies(criterion: &mut Criterion) {
    let base = BaseUrl::from("https://usage.example.com");
    let token = Token::from("usage_0123456789abcdef0123456789abcdef");
    let usage = usage();
    criterion.bench_function("build a request", |bencher| {
        bencher.iter(|| core::encode(black_box(&base), &token, &usage));
    });
    let source = values! { "num_series" => 87_232, "uptime" => 86400.25, "edition" => "open" };
    criterion.bench_function("values from a Serialize", |bencher| {
        bencher.iter(|| Values::from_serialize(black_box(&source)));
    });
    let accepted = RawReply::new(200).with_body(
        r#"{"next_report_in":43200,"latest_version":"1.7.0","advisories":[{"id":"A1","text":"t"}]}"#,
    );
    criterion.bench_function("read a reply", |bencher| {
        bencher.iter(|| core::decode(black_box(accepted.clone())));
    });
    let refused = RawReply::new(422).with_body(
        r#"{"errors":{"cluster_id":["ClusterID can not be blank."],"host":["Host can not be blank."]}}"#,
    );
    criterion.bench_function("read a refusal", |bencher| {
        bencher.iter(|| core::decode(black_box(refused.clone())));
    });
}

criterion_group!(benches, recording, queueing, requests_and_replies);
criterion_main!(benches);
