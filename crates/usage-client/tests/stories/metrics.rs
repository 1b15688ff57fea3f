//! An application's metrics become stats, exactly, from many threads, within bounds.

use usage_client::{MetricsRecorder, Stats, StatsData, Value, tags, values};

#[test]
fn counters_gauges_and_histograms_become_points() {
    let recorder = MetricsRecorder::new();
    metrics::with_local_recorder(&recorder, || {
        metrics::counter!("queries", "kind" => "select").increment(2);
        metrics::counter!("queries", "kind" => "select").increment(1);
        metrics::counter!("queries", "kind" => "insert").absolute(u64::MAX);
        metrics::gauge!("databases").set(3.5);
        metrics::gauge!("databases").decrement(1.0);
        metrics::gauge!("broken").set(f64::NAN);
        metrics::histogram!("seconds").record(0.25);
        let _ = metrics::histogram!("never");
    });
    let points = recorder.snapshot();
    let seconds = values! {
        "count" => 1, "sum" => 0.25, "min" => 0.25, "max" => 0.25,
        "p50" => 0.25, "p90" => 0.25, "p99" => 0.25,
    };
    let point = |name: &str| StatsData::new(name).tags(tags! {});
    let queries = |kind: &str, value: u64| {
        StatsData::new("queries")
            .tags(tags! { "kind" => kind })
            .values(values! { "counter" => value })
    };
    assert_eq!(
        points,
        [
            point("databases").values(values! { "gauge" => 2.5 }),
            queries("insert", u64::MAX),
            queries("select", 3),
            point("seconds").values(seconds),
        ]
    );

    let mut stats = Stats::new("jambox").cluster_id("c").server_id("s");
    stats.extend(points);
    let preview = usage_client::Client::new("")
        .with_url("http://h")
        .preview(&stats);
    assert!(preview.is_ok());
}

#[test]
fn nothing_is_lost_between_threads() {
    let recorder = MetricsRecorder::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                metrics::with_local_recorder(&recorder, || {
                    for at in 0..1_000_u32 {
                        let label = (at % 50).to_string();
                        metrics::counter!("hits", "at" => label).increment(1);
                        metrics::histogram!("sizes").record(f64::from(at));
                    }
                });
            });
        }
    });
    let points = recorder.snapshot();
    assert_eq!(points.len(), 51);
    for point in &points[..50] {
        let values = point.values.as_ref().unwrap();
        assert_eq!(values["counter"], Value::Int(80), "{point:?}");
    }
    let sizes = points[50].values.as_ref().unwrap();
    assert_eq!(sizes["count"], Value::Int(4_000));
    assert_eq!(sizes["sum"], Value::Float(1_998_000.0));
}

#[test]
fn too_many_series_are_refused_and_counted() {
    let recorder = MetricsRecorder::new();
    metrics::with_local_recorder(&recorder, || {
        for at in 0..600 {
            metrics::counter!("hits", "at" => at.to_string()).increment(1);
        }
        // Those that are known go on.
        metrics::counter!("hits", "at" => "0").increment(1);
    });
    assert_eq!(recorder.snapshot().len(), 512);
    assert_eq!(recorder.refused(), 88);
}
