//! Each kind of chart as it is drawn, for people to look at when it changes, and what must hold of all of them
//! whatever the numbers are.

use proptest::prelude::*;
use usage_store::Day;

use super::*;

fn days(count: i32) -> Vec<(Day, Day)> {
    (0..count)
        .map(|n| (Day(20_000 + n), Day(20_000 + n)))
        .collect()
}

fn series(name: &str, paint: Paint, values: &[f64]) -> Series {
    Series {
        name: name.to_owned(),
        paint,
        values: values.iter().copied().map(Some).collect(),
    }
}

fn time(series: Vec<Series>, unit: Unit) -> Time {
    Time {
        periods: days(series.iter().map(|one| one.values.len()).max().unwrap_or(0) as i32),
        series,
        unit,
        open: false,
        marks: Vec::new(),
    }
}

/// As a page has it, an element a line.
fn lined(drawing: &Drawing) -> String {
    drawing.in_page("t", "s").replace("><", ">\n<")
}

#[test]
fn one_line_is_tinted_below_and_dashed_where_the_day_is_not_over() {
    let drawing = lines(&Time {
        open: true,
        ..time(
            vec![series("", Paint::Series(0), &[3.0, 8.0, 5.0])],
            Unit::Count,
        )
    });
    insta::assert_snapshot!(lined(&drawing));
}

#[test]
fn a_single_day_is_a_dot() {
    let day = |values: &[f64]| {
        lines(&time(
            vec![series("", Paint::Series(0), values)],
            Unit::Count,
        ))
    };
    assert_eq!(
        day(&[4.0])
            .words
            .matches("<circle class=\"dot s1\"")
            .count(),
        1
    );
    assert_eq!(day(&[4.0, 5.0]).words.matches("<circle").count(), 0);
}

#[test]
fn areas_lie_on_each_other_and_are_named_at_their_ends() {
    let parts = vec![
        series("2.6", Paint::Series(1), &[1.0, 0.75, 0.25]),
        series("2.7 <b>", Paint::Series(0), &[0.0, 0.25, 0.75]),
    ];
    let drawing = areas(&Time {
        marks: vec![Mark {
            day: Day(20_001),
            label: "2.7 <b>".to_owned(),
        }],
        ..time(parts, Unit::Share)
    });
    insta::assert_snapshot!(lined(&drawing));
}

#[test]
fn bars_are_stacked_and_faint_where_the_day_is_not_over() {
    let up = series("Up", Paint::Series(0), &[4.0, 0.0, 2.0]);
    let down = series("Down", Paint::Other, &[1.0, 0.0, 1.0]);
    let drawing = bars(&Time {
        open: true,
        ..time(vec![up, down], Unit::Count)
    });
    insta::assert_snapshot!(lined(&drawing));
}

#[test]
fn parts_are_bars_below_each_other() {
    let bar = |name: &str, share| Bar {
        name: name.to_owned(),
        share,
        words: format!("{} servers", share * 100.0),
        paint: Paint::Series(0),
    };
    let drawing = shares(&[
        bar("linux", 0.75),
        bar("a-name-that-is-longer-than-its-room", 0.25),
    ]);
    insta::assert_snapshot!(
        drawing
            .alone("os", "linux is 75 %.", Theme::Light)
            .replace("><", ">\n<")
    );
}

#[test]
fn spans_go_from_dot_to_dot() {
    let drawing = spans(&[
        Span {
            name: "2.7".to_owned(),
            from: Some(2.0),
            middle: Some(9.0),
            to: None,
            words: "2.7 · 10 % after 2 days".to_owned(),
        },
        Span {
            name: "2.6".to_owned(),
            from: Some(1.0),
            middle: Some(5.0),
            to: Some(40.0),
            words: "2.6".to_owned(),
        },
    ]);
    insta::assert_snapshot!(lined(&drawing));
}

fn well_formed(svg: &str) {
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    let mut open: Vec<&str> = Vec::new();
    for tag in svg
        .split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
    {
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{svg}"),
            (false, true) => {}
            (false, false) => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}: {svg}");
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        2 => Just(None),
        2 => Just(Some(0.0)),
        6 => (0.0..1e3).prop_map(Some),
        1 => (0.0..1e300).prop_map(Some),
        1 => (0.0..1e-300).prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn whatever_the_numbers_are_a_drawing_is_well_formed_and_on_its_sheet(
        values in prop::collection::vec(prop::collection::vec(value(), 0..40), 0..12),
        name in any::<String>(),
        count in 0..420i32,
        open in any::<bool>(),
        unit in prop_oneof![Just(Unit::Count), Just(Unit::Share), Just(Unit::Number)],
    ) {
        let all = values.iter().enumerate().map(|(n, values)| Series {
            name: if n == 0 { String::new() } else { format!("{name}{n}") },
            paint: if n % 5 == 4 { Paint::Other } else { Paint::Series(n) },
            values: values.clone(),
        });
        let drawn = Time {
            periods: days(count),
            series: all.collect(),
            unit,
            open,
            marks: vec![Mark { day: Day(20_003), label: name.clone() }],
        };
        for drawing in [lines(&drawn), areas(&drawn), bars(&drawn)] {
            well_formed(&drawing.in_page("t", "s"));
            well_formed(&drawing.alone(&name, &name, Theme::Dark));
            let columns = drawing.columns.matches("<title>").count();
            assert!(columns <= 124, "{columns}");
        }
        let flat: Vec<Option<f64>> = values.into_iter().flatten().collect();
        well_formed(&sparkline(&flat));
    }
}
